"""Taking a recorded prompt apart into sources, across the dialects."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import orjson

from audittrail.ablation.history import History, Written, text_of
from audittrail.ablation.quotes import FEWEST_CHARACTERS, quotes_in, writer_of
from audittrail.ablation.recorded import arguments_text
from audittrail.ablation.sources import Piece, Prompt, PromptMessage, Source, SourceKind
from audittrail.attribution import copies
from audittrail.receiver.mapping.messages import Message

__all__ = ["dissect"]

_SYSTEM: Final = ("system", "developer")
_KIND_OF: Final[Mapping[str, SourceKind]] = {
    "llm": "assistant",
    "tool": "tool",
    "retriever": "document",
}
_MOSTLY: Final = 0.8
_WORDS_SHOWN: Final = 48


def dissect(
    messages: Sequence[Message],
    history: History,
    start_ns: int,
    *,
    include: Collection[str] = (),
    exclude: Collection[str] = (),
) -> Prompt:
    """The prompt of a call that began at ``start_ns``.

    Pinned are the system prompt and the last instruction: what the last user message has of its
    own. ``include`` are ids of sources to take away all the same, ``exclude`` those to keep. If
    nothing is left to take away, the last instruction is taken away.
    """
    cutter = _Cutter(history, history.before(start_ns), messages)
    made = [cutter.message(place, message) for place, message in enumerate(messages)]
    prompt = Prompt(
        tuple(_paired([each for some in made for each in some])),
        tuple(_with_copies(list(cutter.sources.values()))),
        tuple(dict.fromkeys(cutter.notices)),
    )
    return _chosen(prompt, include, exclude)


def _chosen(prompt: Prompt, include: Collection[str], exclude: Collection[str]) -> Prompt:
    def pinned(source: Source) -> bool:
        if source.id in exclude:
            return True
        return source.pinned and source.id not in include

    sources = [replace(source, pinned=pinned(source)) for source in prompt.sources]
    if all(source.pinned for source in sources) and not exclude:
        last = next((each for each in reversed(sources) if each.kind == "user"), None)
        sources = [replace(each, pinned=False) if each is last else each for each in sources]
    return replace(prompt, sources=tuple(sources))


class _Cutter:
    """Cuts one message after the other, and collects the sources."""

    def __init__(
        self, history: History, written: Sequence[Written], messages: Sequence[Message]
    ) -> None:
        self._history = history
        self._written = written
        users = [place for place, each in enumerate(messages) if each["role"] == "user"]
        self._last_user = users[-1] if users else -1
        self._turn = 0
        self._asked: dict[str, tuple[str, Any]] = {}
        self.sources: dict[str, Source] = {}
        self.notices: list[str] = []

    def message(self, place: int, message: Message) -> list[PromptMessage]:
        role = message["role"]
        text = text_of([message])
        parts = [self._part(part) for part in message["content"]]
        kept = tuple(part for part in parts if part is not None)
        if not text:
            text = _other_text(message["content"])
        if role in _SYSTEM:
            pieces = self._quoting(place, text, "system", "system prompt", pinned=True)
            return [PromptMessage("system", pieces, parts=kept)]
        if role == "tool":
            return [PromptMessage("tool", self._tool(place, message, text),
                                  tool_call_id=message.get("tool_call_id"))]  # fmt: skip
        if role == "assistant":
            return [self._assistant(place, message, text)]
        self._turn += 1
        last = place == self._last_user
        label = "user message" if last else f"user message {self._turn}"
        pieces = self._quoting(place, text, "user", label, pinned=last)
        return [PromptMessage("user", pieces, parts=kept)]

    def _quoting(
        self, place: int, text: str, kind: SourceKind, label: str, *, pinned: bool
    ) -> tuple[Piece, ...]:
        """A text with what it quotes as sources of their own; the rest is one source."""
        own = f"m{place}"
        pieces: list[Piece] = []
        at = 0
        for number, quote in enumerate(quotes_in(text, self._written), 1):
            if quote.end - quote.start == len(text.strip()) and kind == "user" and pinned:
                break  # the instruction is the whole text of an earlier step: it stays
            if text[at : quote.start]:
                pieces.append(Piece(own, text[at : quote.start]))
            name = f"{own}.{number}"
            found = text[quote.start : quote.end]
            self._add(name, _KIND_OF[quote.written.kind], found, quote.written)
            pieces.append(Piece(name, found))
            at = quote.end
        if text[at:]:
            pieces.append(Piece(own, text[at:]))
        rest = "".join(piece.text for piece in pieces if piece.source == own)
        if rest.strip():
            # An agent's instruction is often a line of what another one planned.
            whole = len(pieces) == 1 and kind == "user" and len(rest) >= FEWEST_CHARACTERS
            planner = self._planner(rest.strip()) if whole else None
            said: SourceKind = kind if planner is None else "assistant"
            self._add(own, said, rest, planner, label=label, pinned=pinned)
        return tuple(pieces)

    def _planner(self, text: str) -> Written | None:
        models = (each for each in self._written if each.kind == "llm")
        return next((each for each in models if text in each.text), None)

    def _tool(self, place: int, message: Message, text: str) -> tuple[Piece, ...]:
        call_id = message.get("tool_call_id")
        asked, _ = self._asked.get(call_id or "", (message.get("name"), None))
        writer = writer_of(text, self._written, ("tool", "retriever"), call_id, asked)
        documents = [each for each in self._written if each.kind == "retriever"]
        if documents and quotes_in(text, documents):
            return self._quoting(place, text, "tool", self._result_of(message), pinned=False)
        own = f"m{place}"
        self._add(own, "tool", text, writer, label=self._result_of(message), call_id=call_id)
        return (Piece(own, text),)

    def _result_of(self, message: Message) -> str:
        name, arguments = self._asked.get(message.get("tool_call_id") or "", (None, None))
        name = name or message.get("name") or "a tool"
        return f"{name}({_first_value(arguments)})"

    def _assistant(self, place: int, message: Message, text: str) -> PromptMessage:
        calls: list[dict[str, Any]] = []
        for call in message.get("tool_calls") or ():
            name, arguments = str(call.get("name") or "tool"), call.get("arguments")
            call_id = str(call.get("id") or f"call_{place}_{len(calls)}")
            self._asked[call_id] = (name, arguments)
            function = {"name": name, "arguments": arguments_text(arguments)}
            calls.append({"id": call_id, "type": "function", "function": function})
        own = f"m{place}"
        if text.strip():
            writer = writer_of(text, self._written, ("llm",))
            self._add(own, "assistant", text, writer, label="earlier answer")
        pieces = (Piece(own, text),) if text else ()
        return PromptMessage("assistant", pieces, tuple(calls))

    def _part(self, part: Any) -> dict[str, Any] | None:
        """What is no text, as far as it was recorded."""
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in ("text", "reasoning", "json", None):
            return None
        if kind == "image_url" and isinstance(part.get("image_url"), dict | str):
            url = part["image_url"]
            return {
                "type": "image_url",
                "image_url": url if isinstance(url, dict) else {"url": url},
            }
        self.notices.append(f"A part of the prompt ({kind}) cannot be sent again; it is left out.")
        return None

    def _add(
        self,
        name: str,
        kind: SourceKind,
        text: str,
        writer: Written | None,
        *,
        label: str | None = None,
        pinned: bool = False,
        call_id: str | None = None,
    ) -> None:
        author = None if writer is None else self._history.writer_within(writer)
        self.sources[name] = Source(
            id=name,
            kind=kind,
            label=self._label(kind, text, writer, label),
            text=text,
            span_id=None if writer is None else writer.span_id,
            shown_id=None if writer is None else self._history.shown(writer.span_id),
            written_by=author,
            asked_by=self._history.askers.get(call_id) if call_id else None,
            pinned=pinned,
            group=self._group(kind),
        )

    def _group(self, kind: SourceKind) -> str | None:
        if not self._turn:
            return None
        return f"tools of turn {self._turn}" if kind == "tool" else f"turn {self._turn}"

    def _label(self, kind: SourceKind, text: str, writer: Written | None, label: str | None) -> str:
        if writer is not None and writer.kind == "llm":
            return f"{self._history.outline.place(writer.span_id)}: {_words(text)}"
        if kind == "document":
            return f"document: {_words(text)}"
        if writer is not None and label in (None, "a tool()"):
            return f"{writer.name}()"
        return label or kind


def _paired(messages: list[PromptMessage]) -> list[PromptMessage]:
    """Every tool message below the call that it answers: endpoints refuse others. Where a dialect
    tells no ids, results answer the calls in their order; a result that nobody asked for gets a
    call of its own."""
    made: list[PromptMessage] = []
    waiting: list[str] = []
    for message in messages:
        if message.role != "tool":
            waiting = [str(call["id"]) for call in message.tool_calls]
            made.append(message)
            continue
        wanted = message.tool_call_id
        if wanted in waiting:
            waiting.remove(str(wanted))
        elif waiting:
            wanted = waiting.pop(0)
        else:
            wanted = wanted or f"call_{len(made)}"
            function = {"name": "tool", "arguments": "{}"}
            call = {"id": wanted, "type": "function", "function": function}
            made.append(PromptMessage("assistant", (), (call,)))
        made.append(replace(message, tool_call_id=wanted))
    return _answered(made)


def _answered(messages: list[PromptMessage]) -> list[PromptMessage]:
    """Without calls that were never answered, and without messages in which nothing is left."""
    given = {message.tool_call_id for message in messages if message.role == "tool"}
    made = []
    for message in messages:
        if message.tool_calls:
            calls = tuple(call for call in message.tool_calls if call["id"] in given)
            message = replace(message, tool_calls=calls)
        # Of reasoning alone nothing is left.
        if message.pieces or message.parts or message.tool_calls or message.role == "tool":
            made.append(message)
    return made


def _with_copies(sources: list[Source]) -> list[Source]:
    found = {}
    for first, second, share in copies([source.text for source in sources]):
        if share >= _MOSTLY and second not in found and not sources[second].pinned:
            found[second] = sources[first].id
    return [
        replace(source, copy_of=found[place]) if place in found else source
        for place, source in enumerate(sources)
    ]


def _other_text(content: Sequence[Any]) -> str:
    """What a message holds that is JSON and no text."""
    values = [
        part.get("value")
        for part in content
        if isinstance(part, dict) and part.get("type") == "json"
    ]
    return "\n".join(orjson.dumps(value).decode() for value in values if value is not None)


def _words(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WORDS_SHOWN else f"{line[: _WORDS_SHOWN - 1]}…"


def _first_value(arguments: Any) -> str:
    if isinstance(arguments, dict) and arguments:
        arguments = next(iter(arguments.values()))
    if arguments is None or arguments == {}:
        return ""
    return _words(arguments if isinstance(arguments, str) else orjson.dumps(arguments).decode())
