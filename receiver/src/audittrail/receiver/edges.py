"""Which span's data went where: from the tool calls that models asked for, and from links.

A *call* leads from the model call that asked for a tool to the span that ran it; a *result* from
there to the first later model call that was given what came of it; a *link* is a link of OTLP
within the trace. An edge is *inferred* if the tool's span does not carry the call's id, or only one
that no model call gave: it then has the call's name and arguments, and comes after it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

__all__ = ["Edge", "Step", "data_edges", "step_of"]

_CALL_IDS: Final = (
    "gen_ai.tool.call.id",
    "tool_call.id",
    "tool_call_id",
    "tool.call_id",
    "ai.toolCall.id",
)


class Edge(NamedTuple):
    """From one span id to another. ``kind`` is ``call``, ``result`` or ``link``."""

    source: str
    target: str
    kind: str
    inferred: bool
    call_id: str | None


class Step(NamedTuple):
    """What is needed to know of a span. ``asks`` are tool calls ``{"id", "name", "arguments"}``,
    ``given`` the ids of those whose results it was given."""

    span_id: str
    type: str
    name: str
    start_ns: int
    call_id: str | None
    input: Any
    asks: Sequence[Mapping[str, Any]]
    given: frozenset[str]
    links: Sequence[str]


def step_of(span: Mapping[str, Any]) -> Step:
    """From a span as the API presents it, with its payload."""
    attributes = span["attributes"]
    talks = span["span_type"] == "llm"
    ids = [attributes.get(key) for key in _CALL_IDS]
    if not talks:
        ids += [_answered(span["output"]), _answered(span["input"])]
    asks = span["tool_calls"] or ()
    return Step(
        span_id=span["span_id"],
        type=span["span_type"],
        name=span["name"] or "",
        start_ns=int(span["start_time_unix_nano"] or 0),
        call_id=next((value for value in ids if isinstance(value, str) and value), None),
        input=span["input"],
        asks=[each for each in asks if talks and isinstance(each, dict)],
        given=frozenset(_results(span["input"])) if talks else frozenset(),
        links=[
            link["span_id"] for link in span["links"] if link.get("trace_id") == span["trace_id"]
        ],
    )


def _results(messages: Any) -> Iterator[str]:
    for message in messages if isinstance(messages, list) else ():
        call = message.get("tool_call_id") if isinstance(message, dict) else None
        if isinstance(call, str):
            yield call


def _answered(content: Any) -> Any:
    """The id of the call that a tool's own message names."""
    message = content[0] if isinstance(content, list) and len(content) == 1 else content
    if isinstance(message, dict) and isinstance(message.get("data"), dict):
        message = message["data"]
    return message.get("tool_call_id") if isinstance(message, dict) else None


def data_edges(steps: Iterable[Step]) -> list[Edge]:
    """All edges between these spans, by the start of the span that they come from."""
    ordered = sorted(steps, key=lambda step: (step.start_ns, step.span_id))
    known = {step.span_id for step in ordered}
    talks = [step for step in ordered if step.type == "llm"]
    asked = {call["id"] for step in talks for call in step.asks if isinstance(call.get("id"), str)}
    tools = _Tools([step for step in ordered if step.type == "tool"], asked)
    edges: list[Edge] = []
    for step in ordered:
        edges += [
            Edge(step.span_id, target, "link", inferred=False, call_id=None)
            for target in step.links
            if target in known
        ]
        for call in step.asks if step.type == "llm" else ():
            call_id = call.get("id") if isinstance(call.get("id"), str) else None
            found, inferred = tools.take(step, call, call_id)
            if found is None:
                continue
            edges.append(Edge(step.span_id, found.span_id, "call", inferred, call_id))
            reader = _first_given(talks, found, call_id)
            if reader is not None:
                edges.append(Edge(found.span_id, reader, "result", inferred, call_id))
    return edges


def _first_given(talks: Sequence[Step], tool: Step, call_id: str | None) -> str | None:
    if call_id is None:
        return None
    return next(
        (s.span_id for s in talks if call_id in s.given and s.start_ns >= tool.start_ns), None
    )


class _Tools:
    """Tool spans, each the answer to at most one call that has no id in common with it."""

    def __init__(self, steps: Sequence[Step], asked: set[str]) -> None:
        self._by_id: dict[str, Step] = {}
        self._others: dict[str, list[Step]] = defaultdict(list)
        for step in steps:
            if step.call_id in asked:
                self._by_id.setdefault(step.call_id, step)
            else:
                # Conventions name such spans "execute_tool web_search".
                self._others[step.name.rpartition(" ")[2]].append(step)

    def take(
        self, asked: Step, call: Mapping[str, Any], call_id: str | None
    ) -> tuple[Step | None, bool]:
        """The span that ran a call, and whether that is inferred."""
        if call_id is not None and call_id in self._by_id:
            return self._by_id[call_id], False
        same_name = self._others.get(str(call.get("name")), [])
        for place, step in enumerate(same_name):
            if step.start_ns >= asked.start_ns and _same(step.input, call.get("arguments")):
                return same_name.pop(place), True
        return None, False


def _same(given: Any, arguments: Any) -> bool:
    """Whether a tool was given these arguments. Of a single one, some record the value alone."""
    if given == arguments:
        return True
    return isinstance(arguments, dict) and len(arguments) == 1 and given in arguments.values()
