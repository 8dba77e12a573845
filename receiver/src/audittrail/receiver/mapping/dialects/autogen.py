"""AutoGen: its runtime's messages. Agents, models and tools speak OpenTelemetry's words.

https://microsoft.github.io/autogen/stable/user-guide/core-user-guide/framework/telemetry.html
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import Dialect, Internal

__all__ = ["AUTOGEN"]

AUTOGEN: Final = Dialect(
    name="autogen",
    title="AutoGen",
    spoken_by="AutoGen's core and AgentChat",
    marks=("recipient_agent_type", "sender_agent_type"),
    scopes=("autogen",),
    input=("message",),
    internal=(Internal(key="messaging.operation"),),
)
