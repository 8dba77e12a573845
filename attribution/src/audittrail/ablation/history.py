"""What a trace has that a prompt may have been made of: who wrote which text, and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from audittrail.receiver.edges import Step, step_of
from audittrail.receiver.ids import as_sent
from audittrail.receiver.mapping.conversation import content_of, tool_calls_of
from audittrail.receiver.mapping.messages import as_messages, parsed
from audittrail.storage import SPAN_UUID, Row, TraceReader

__all__ = ["History", "Outline", "Written", "load_history", "talk_of", "text_of"]

_KINDS: Final = ("llm", "tool", "retriever")
_MOST_SPANS: Final = 4000
_AT_ONCE: Final = 500
_DOCUMENT_TEXTS: Final = ("page_content", "content", "text", "document")


class Outline:
    """The spans of a trace by id: type, name and parent, without what they said."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = {row["span_id"]: row for row in rows}

    def ancestors(self, span_id: str) -> Iterator[Row]:
        """From the parent upwards."""
        seen = {span_id}
        row = self.rows.get(span_id)
        while row is not None and row["parent_span_id"] not in seen:
            row = self.rows.get(row["parent_span_id"])
            if row is not None:
                seen.add(row["span_id"])
                yield row

    def is_outermost(self, span_id: str) -> bool:
        """Whether no other model call contains this one: SDKs and frameworks tell one call each."""
        return all(row["span_type"] != "llm" for row in self.ancestors(span_id))

    def within(self, span_id: str, outer: str) -> bool:
        return any(row["span_id"] == outer for row in self.ancestors(span_id))

    def place(self, span_id: str) -> str:
        """What a call is called by those who read the trace: the step that it belongs to."""
        own = self.rows[span_id]["name"] or "model call"
        for row in self.ancestors(span_id):
            if row["span_type"] in ("agent", "chain", "tool") and row["name"]:
                return str(row["name"])
        return str(own)


@dataclass(frozen=True)
class Written:
    """A text that a span returned: of a retriever one of its documents. ``call_id`` is the tool
    call that it answers."""

    span_id: str
    kind: str
    name: str
    text: str
    end_ns: int
    call_id: str | None = None


@dataclass
class History:
    """``calls`` are the model calls, outermost ones, by start; ``texts`` what was written;
    ``askers`` by the id of a tool call the model call that asked for it."""

    outline: Outline
    calls: list[Row] = field(default_factory=list)
    logs: Sequence[Row] = ()
    texts: list[Written] = field(default_factory=list)
    askers: dict[str, str] = field(default_factory=dict)
    root_text: str | None = None

    def call(self, span_id: str) -> Row | None:
        return next((row for row in self.calls if row["span_id"] == span_id), None)

    def shown(self, span_id: str) -> str:
        """The id as its sender wrote it."""
        return str(as_sent(span_id, self.outline.rows[span_id]["id_form"], SPAN_UUID))

    def before(self, start_ns: int) -> list[Written]:
        """What was there when a call began, the newest first."""
        there = [each for each in self.texts if each.end_ns <= start_ns]
        return sorted(there, key=lambda each: -each.end_ns)

    def writer_within(self, written: Written) -> str | None:
        """The model call that wrote what a tool or an agent returned, if it is one word for word:
        itself, or the last one below it."""
        if written.kind == "llm":
            return written.span_id
        same = (
            each.span_id
            for each in reversed(self.texts)
            if each.kind == "llm"
            and each.text.strip() == written.text.strip()
            and self.outline.within(each.span_id, written.span_id)
        )
        return next(same, None)


def load_history(reader: TraceReader, trace: Row) -> History:
    """Read what is needed of a trace; of very large ones the first 4,000 calls and tools."""
    trace_id = trace["trace_id"]
    outline = Outline(reader.skeleton(trace_id).to_pylist())
    history = History(outline, logs=reader.list_logs(trace_id) if trace["has_logs"] else ())
    ids = [row["span_id"] for row in outline.rows.values() if row["span_type"] in _KINDS]
    root = trace["root_span_id"]
    wanted = [*ids[:_MOST_SPANS], *([root] if root in outline.rows and root not in ids else [])]
    rows: list[Row] = []
    for start in range(0, len(wanted), _AT_ONCE):
        rows += reader.spans(trace_id, wanted[start : start + _AT_ONCE])
    for row in sorted(rows, key=lambda each: (each["start_ns"] or 0, each["span_id"])):
        _take(history, row, root)
    return history


def _take(history: History, row: Row, root: str | None) -> None:
    if row["span_id"] == root:
        history.root_text = row["output"]
    kind, end = row["span_type"], row["end_ns"]
    if kind not in _KINDS or end is None or row["start_ns"] is None:
        return
    if kind == "llm":
        if not history.outline.is_outermost(row["span_id"]):
            return
        history.calls.append(row)
    name = str(row["name"] or kind)
    given, returned = talk_of(row, history.logs)
    step = _step(row, given, returned)
    call_id = None if kind == "llm" else step.call_id
    for call in step.asks:
        if isinstance(call.get("id"), str):
            history.askers.setdefault(call["id"], row["span_id"])
    for text in _texts(kind, returned, row["output"]):
        history.texts.append(Written(row["span_id"], kind, name, text, end, call_id))


def talk_of(row: Row, logs: Sequence[Row]) -> tuple[Any, Any]:
    """(input, output) of a span; of a model call as messages, however they were sent. What the
    REST API stored is as it was told."""
    given, returned = content_of(row, logs)
    if row["span_type"] == "llm":
        return as_messages(given) or given, as_messages(returned) or returned
    return given, returned


def _step(row: Row, given: Any, returned: Any) -> Step:
    attributes = orjson.loads(row["attributes"]) if row["attributes"] else {}
    return step_of(
        {
            "span_id": row["span_id"],
            "trace_id": row["trace_id"],
            "span_type": row["span_type"],
            "name": row["name"],
            "start_time_unix_nano": row["start_ns"],
            "input": given,
            "output": returned,
            "attributes": attributes,
            "tool_calls": tool_calls_of(row, returned),
            "links": [],
        }
    )


def _texts(kind: str, returned: Any, stored: str | None) -> Iterator[str]:
    if kind == "retriever":
        yield from _documents(returned)
        return
    text = text_of(returned)
    # A tool that failed returned nothing, and was called all the same.
    if text or kind == "tool":
        yield text
    # A tool that returns an object may be told to the model in the spelling that was stored.
    if kind == "tool" and stored and stored != text:
        yield stored


def _documents(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key in ("documents", "results", "matches", "nodes"):
            if isinstance(value.get(key), list):
                value = value[key]
                break
    for item in value if isinstance(value, list) else [value]:
        document = item.get("document", item) if isinstance(item, dict) else item
        if isinstance(document, str):
            yield document
        elif isinstance(document, dict):
            found = (document.get(key) for key in _DOCUMENT_TEXTS)
            text = next((each for each in found if isinstance(each, str) and each), None)
            if text is not None:
                yield text


def text_of(value: Any) -> str:
    """What a span returned as one text: of messages what they say, of other values their JSON."""
    value = parsed(value)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(map(_is_message, value)):
        return "\n".join(filter(None, (_said(message) for message in value)))
    return orjson.dumps(value).decode()


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and "role" in value and isinstance(value.get("content"), list)


def _said(message: dict[str, Any]) -> str:
    parts = (part for part in message["content"] if isinstance(part, dict))
    return "".join(
        part["text"]
        for part in parts
        if part.get("type") == "text" and isinstance(part.get("text"), str)
    )
