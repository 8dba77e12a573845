"""What LangGraph says of a run in its metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from opentelemetry.util.types import AttributeValue

__all__ = [
    "CHECKPOINT_NS",
    "NODE",
    "STEP",
    "THREAD_ID",
    "TRIGGERS",
    "attempt_of",
    "graph_attributes",
    "own_metadata",
    "own_tags",
    "session_of",
]

NODE: Final = "langgraph.node"
STEP: Final = "langgraph.step"
TRIGGERS: Final = "langgraph.triggers"
CHECKPOINT_NS: Final = "langgraph.checkpoint_ns"
THREAD_ID: Final = "langgraph.thread_id"

_SESSION_KEYS: Final = ("thread_id", "session_id", "conversation_id")
_INNER_STEMS: Final = ("ls_", "lc_", "langgraph_", "__pregel", "langsmith")
_INNER_KEYS: Final = ("checkpoint_ns", "checkpoint_id", "thread_id", "run_id", "revision_id")
_INNER_TAGS: Final = ("seq:step:", "graph:step:", "map:key:", "condition:", "branch:", "langsmith:")


def graph_attributes(metadata: Mapping[str, Any], *, is_node: bool) -> dict[str, AttributeValue]:
    """Node and step of every run in a graph; the rest on the node itself."""
    found: dict[str, AttributeValue] = {}
    if isinstance(node := metadata.get("langgraph_node"), str):
        found[NODE] = node
    if isinstance(step := metadata.get("langgraph_step"), int):
        found[STEP] = step
    if not is_node:
        return found
    if triggers := _texts(metadata.get("langgraph_triggers")):
        found[TRIGGERS] = triggers
    if isinstance(namespace := metadata.get("langgraph_checkpoint_ns"), str):
        found[CHECKPOINT_NS] = namespace
    return found


def _texts(value: Any) -> list[str]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return []
    return [str(each) for each in value if isinstance(each, str | int)][:64]


def session_of(metadata: Mapping[str, Any]) -> str | None:
    """The conversation that a run belongs to: LangGraph's thread, as a rule."""
    for key in _SESSION_KEYS:
        value = metadata.get(key)
        if value is not None and value != "":
            return str(value)
    return None


def own_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata that the user gave."""
    return {
        key: value
        for key, value in metadata.items()
        if isinstance(key, str) and key not in _INNER_KEYS and not key.startswith(_INNER_STEMS)
    }


def own_tags(tags: Sequence[str]) -> list[str]:
    """The tags that the user gave."""
    return [tag for tag in tags if not tag.startswith(_INNER_TAGS) and "retry:attempt:" not in tag]


def attempt_of(tags: Sequence[str]) -> int | None:
    """The attempt that a run of ``with_retry`` is, from the second on."""
    for tag in tags:
        number = tag.removeprefix("retry:attempt:")
        if number != tag and number.isdecimal():
            return int(number)
    return None
