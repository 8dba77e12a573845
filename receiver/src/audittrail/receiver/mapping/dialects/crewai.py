"""CrewAI: what instrumentations of it say of crews, their agents and their tasks.

https://docs.crewai.com/en/observability/overview
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import ByName, Dialect, Internal

__all__ = ["CREWAI"]

CREWAI: Final = Dialect(
    name="crewai",
    title="CrewAI",
    spoken_by="instrumentations of CrewAI, and its own telemetry",
    marks=("crewai.", "crew_key"),
    scopes=("crewai.", "opentelemetry.instrumentation.crewai"),
    span_type=(
        ByName({"Crew Execution": "chain", "Task Execution": "chain", "Tool Usage": "tool"}),
        ByName({"crewai.workflow": "chain"}),
    ),
    fields={
        "agent_name": ("crewai.agent.role", "agent_role"),
        "tool_name": ("crewai.tool.name",),
    },
    input=("crewai.task.description", "crewai.crew.inputs"),
    output=("crewai.task.output", "crewai.agent.result", "crewai.crew.result"),
    # Notices of what was set up; what ran has spans of its own.
    internal=(
        Internal(
            names=(
                "Crew Created",
                "Task Created",
                "Flow Creation",
                "Flow Plotting",
                "Crew Memory",
                "Tool Usage Error",
                "Tool Repeated Usage",
            )
        ),
    ),
)
