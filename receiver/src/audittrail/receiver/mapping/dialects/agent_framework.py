"""Microsoft Agent Framework. An agent's span repeats the usage of the calls below it.

https://learn.microsoft.com/agent-framework/user-guide/observability
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import ByName, Dialect, Internal

__all__ = ["AGENT_FRAMEWORK"]

AGENT_FRAMEWORK: Final = Dialect(
    name="agent_framework",
    title="Microsoft Agent Framework",
    spoken_by="Microsoft Agent Framework, .NET and Python",
    marks=("workflow.id", "executor.id", "edge_group.type"),
    scopes=("agent_framework", "Microsoft.Agents.AI", "Experimental.Microsoft.Agents.AI"),
    span_type=(
        ByName(
            {
                "workflow.": "chain",
                "executor.process": "chain",
                "edge_group.process": "chain",
                "message.send": "chain",
            }
        ),
    ),
    # How messages get from one step of a workflow to the next.
    internal=(Internal(names=("edge_group.process", "message.send", "workflow.build")),),
    content_setting="ENABLE_SENSITIVE_DATA=true",
)
