"""Writes the tables of docs/dialects.md and docs/rules.md from the modules they are about.

python docs/generate.py           write them
python docs/generate.py --check   exit with 1 if they are not what the modules say
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from audittrail.receiver.mapping.dialect import (
    ByName,
    ByPresence,
    ContentSource,
    Dialect,
    IndexedDocuments,
    IndexedMessages,
    Internal,
    SpanTypeRule,
)
from audittrail.receiver.mapping.dialects import DIALECTS
from audittrail.receiver.mapping.sources import Source
from audittrail.rules.evaluation.functions import AGGREGATES, FUNCTIONS
from audittrail.rules.evaluation.vocabulary import COLUMNS

__all__ = ["with_tables"]

DOCUMENTS: Final = [Path(__file__).with_name(name) for name in ("dialects.md", "rules.md")]
_SECTION: Final = re.compile(r"(<!-- begin: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

_FIELD_NAMES: Final = {
    "request_model": "model asked for",
    "response_id": "id of the response",
    "finish_reason": "why it ended",
    "session_id": "session",
    "user_id": "user",
    "agent_name": "agent",
    "tool_name": "tool",
    "tool_calls": "tool calls",
    "error_type": "kind of error",
    "error_message": "error",
    "failure": "failed, if",
    "tokens_in": "input tokens",
    "tokens_out": "output tokens",
    "tokens_cached": "read from cache",
    "tokens_cache_write": "written to cache",
    "tokens_reasoning": "reasoning",
    "ttft_ms": "time to first token",
}


def with_tables(text: str) -> str:
    """The document with each marked section as the modules say it."""
    makers = {
        "dialects": _overview,
        "settings": _settings,
        "fields": _each,
        "columns": _columns,
        "functions": _functions,
    }
    return _SECTION.sub(
        lambda match: match[1] + "\n".join(makers[match[2]]()) + "\n" + match[3], text
    )


def _overview() -> Iterator[str]:
    yield from ("| Dialect | Spoken by | Told by |", "|---|---|---|")
    for each in DIALECTS:
        yield f"| `{each.name}` | {each.spoken_by} | {_told_by(each)} |"


def _told_by(dialect: Dialect) -> str:
    if dialect.always:
        return "always"
    marks = [f"`{mark}*`" if mark.endswith(".") else f"`{mark}`" for mark in dialect.marks]
    scopes = [f"scope `{scope}*`" for scope in dialect.scopes]
    return ", ".join([*marks, *scopes])


def _settings() -> Iterator[str]:
    yield from ("| Dialect | Setting |", "|---|---|")
    for each in DIALECTS:
        if each.content_setting is not None:
            yield f"| `{each.name}` | {each.content_setting} |"


def _each() -> Iterator[str]:
    for dialect in DIALECTS:
        rows = list(_rows(dialect))
        if not rows:
            continue
        yield from ("", f"### {dialect.title}", "", "| Field | Told by |", "|---|---|")
        yield from (f"| {name} | {keys} |" for name, keys in rows)
    yield ""


def _rows(dialect: Dialect) -> Iterator[tuple[str, str]]:
    if dialect.span_type:
        yield "type", _list(dict.fromkeys(map(_type_rule, dialect.span_type)))
    for name, sources in dialect.fields.items():
        yield _FIELD_NAMES.get(name, name), _list(map(_key, sources))
    for name, content in (
        ("input", dialect.input),
        ("output", dialect.output),
        ("before the input", dialect.system),
    ):
        if content:
            yield name, _list(map(_content, content))
    if dialect.internal:
        yield "internal", _list(map(_internal, dialect.internal), "; ")
    if dialect.placeholder is not None:
        yield "still runs", f"`{dialect.placeholder.key}` is `{dialect.placeholder.value}`"
    if dialect.estimate is not None:
        rule = dialect.estimate
        value = str(rule.value).lower()
        yield "usage estimated", f"`{rule.key}` is `{value}`, and there is no `{rule.without}`"


def _type_rule(rule: SpanTypeRule) -> str:
    if isinstance(rule, ByName):
        where = "end" if rule.at_end else "beginning"
        return f"the {where} of the span's name" + (f" beside `{rule.given}`" if rule.given else "")
    if isinstance(rule, ByPresence):
        return f"{rule.span_type}: " + " with ".join(f"`{key}`" for key in rule.keys)
    return f"`{rule.key}`"


def _key(source: str | Source) -> str:
    if isinstance(source, str):
        return f"`{source}`"
    return " + ".join(f"`{key}`" for key in (source.key, *source.also))


def _content(source: ContentSource) -> str:
    if isinstance(source, IndexedMessages | IndexedDocuments):
        return f"`{source.prefix}.N.{source.inner}*`"
    return _key(source)


def _internal(rule: Internal) -> str:
    names = [f"`{name}*`" for name in rule.names if name]
    told = []
    if rule.key is not None:
        values = " or ".join(f"`{value}`" for value in rule.values)
        told.append(f"`{rule.key}` is {values}" if values else f"`{rule.key}`")
    if names:
        told.append("names " + ", ".join(names))
    return " and ".join(told) or "whatever has no type"


def _list(items: Iterable[str], separator: str = ", ") -> str:
    return separator.join(dict.fromkeys(items))


def _columns() -> Iterator[str]:
    for scope, columns in COLUMNS.items():
        yield from ("", f"### Columns of a {scope}", "", "| Column | Meaning |", "|---|---|")
        yield from (f"| `{name}` | {column.meaning} |" for name, column in columns.items())
    yield ""


def _functions() -> Iterator[str]:
    yield from ("| Function | Meaning |", "|---|---|")
    yield from (f"| `{each.signature}` | {each.meaning} |" for each in FUNCTIONS.values())
    yield from (
        "",
        "Over the spans of a trace, in trace rules; over the traces of a session, in session",
    )
    yield from ("rules, with `traces` in place of `spans`:", "")
    yield from ("| Function | Meaning |", "|---|---|")
    for each in AGGREGATES.values():
        signature, meaning = (text.replace("{of}", "spans") for text in each[3:])
        yield f"| `{signature}` | {meaning} |"


def main() -> None:
    for document in DOCUMENTS:
        text = document.read_text("utf-8")
        made = with_tables(text)
        if sys.argv[1:] == ["--check"] and made != text:
            sys.exit(f"docs/{document.name} is not what the modules say: make docs")
        document.write_text(made, "utf-8")


if __name__ == "__main__":
    main()
