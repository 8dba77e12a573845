"""What a run is: its span type, its name, whether it is shown at all.

Names follow the OpenTelemetry conventions for generative AI where they have one
(``chat gpt-4o-mini``, ``execute_tool web_search``, ``invoke_agent support``); nodes and chains keep
LangChain's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from audittrail.callback_handler.runs import Run

__all__ = ["UNNAMED", "Kind", "chain_kind", "run_name", "text"]

_HIDDEN_TAG: Final = "langsmith:hidden"
# The last one is what LangGraph calls a function without a name that chooses the next node.
_HIDDEN_NAMES: Final = (
    "__start__",
    "__end__",
    "ChannelWrite",
    "ChannelRead",
    "Branch",
    "RunnableCallable",
)
_HIDDEN_STEMS: Final = ("ChannelWrite<", "ChannelRead<", "Branch<")
_NODE_TAG: Final = "graph:step:"
_GRAPHS: Final = ("langgraph", "langchain_create_agent")
# What a graph is called that was given no name.
UNNAMED: Final = "LangGraph"


class Kind(NamedTuple):
    """``type`` is None for a run that is left out."""

    type: str | None
    name: str
    agent_name: str | None = None
    is_graph: bool = False
    is_node: bool = False


def text(value: Any) -> str | None:
    """The value if it is text that says something."""
    return value if isinstance(value, str) and value else None


def run_name(serialized: Any, name: Any, otherwise: str) -> str:
    """The name that LangChain gives a run: its own, or that of the serialized class."""
    if found := text(name):
        return found
    if isinstance(serialized, Mapping):
        if found := text(serialized.get("name")):
            return found
        path = serialized.get("id")
        if isinstance(path, list | tuple) and path and (found := text(path[-1])):
            return found
    return otherwise


def chain_kind(
    serialized: Any, name: Any, tags: list[str], metadata: Mapping[str, Any], parent: Run | None
) -> Kind:
    """Chains, graphs, nodes and agents all arrive as chains."""
    called = run_name(serialized, name, "chain")
    node = text(metadata.get("langgraph_node"))
    if _HIDDEN_TAG in tags or called in _HIDDEN_NAMES or called.startswith(_HIDDEN_STEMS):
        return Kind(None, called)
    if node is not None and any(tag.startswith(_NODE_TAG) for tag in tags):
        return Kind("chain", called, is_node=True)
    integration = metadata.get("ls_integration")
    own_agent = text(metadata.get("lc_agent_name"))
    if node is None:
        is_graph = integration in _GRAPHS or called == UNNAMED
        is_agent = is_graph or called == "AgentExecutor"
    else:
        # Inside of a graph, metadata is handed down: only what differs from it is the run's own.
        is_graph = called == UNNAMED
        is_agent = own_agent == called or (is_graph and integration == _GRAPHS[1])
    if not is_agent:
        return Kind("chain", called, is_graph=is_graph)
    return Kind("agent", called, own_agent or (None if called == UNNAMED else called), is_graph)
