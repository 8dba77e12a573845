"""The Model Context Protocol, at a client and at a server.

https://opentelemetry.io/docs/specs/semconv/gen-ai/mcp/
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import ByValue, Dialect, Internal

__all__ = ["MCP"]

MCP: Final = Dialect(
    name="mcp",
    title="Model Context Protocol",
    spoken_by="clients and servers of the Model Context Protocol",
    marks=("mcp.",),
    span_type=(ByValue("mcp.method.name", {"tools/call": "tool"}, other="custom"),),
    fields={"tool_name": ("mcp.tool.name",)},
    input=("mcp.request.argument",),
    output=("mcp.response.value",),
    # What keeps a session going and tells what there is.
    internal=(
        Internal(
            key="mcp.method.name",
            values=(
                "initialize",
                "ping",
                "tools/list",
                "resources/list",
                "resources/templates/list",
                "prompts/list",
                "logging/setLevel",
                "notifications/initialized",
                "notifications/progress",
                "notifications/message",
                "notifications/roots/list_changed",
                "notifications/tools/list_changed",
                "notifications/resources/list_changed",
                "notifications/prompts/list_changed",
            ),
        ),
    ),
)
