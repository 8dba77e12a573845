"""What a reader sees of the spans that arrived, written as the pages write it.

    agent weather-agent
      llm ChatCompletion · gpt-4o-mini · 57 in, 17 out · Weather in Paris? → get_weather
      tool get_weather · {"city": "Paris"} → 18 °C

A line has the type and the name; then what is known of the model and its tokens; then what was
given and returned, if that was recorded; then the error, if there was one.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

import httpx

from audittrail.semconv import SPAN_TYPES
from tests.support.servers import NO_TLS, Server

_WIDTH: Final = 36


class Watcher:
    """Tells which traces are new. A trace that went on since is new as well. ``patience`` is how
    many seconds it waits for what is expected."""

    def __init__(self, server: Server, patience: float = 15) -> None:
        self._patience = patience
        self._client = httpx.Client(base_url=server.api, timeout=30, verify=NO_TLS)
        self._seen = self._counts()

    def close(self) -> None:
        self._client.close()

    def tree(self, expected: str = "") -> str:
        """All that arrived since the last time; waits for what is expected."""
        until = time.monotonic() + (self._patience if expected else 0)
        while True:
            now = self._counts()
            new = [each for each in reversed(now) if self._seen.get(each) != now[each]]
            found = "".join(line + "\n" for each in new for line in _lines(self._spans(each)))
            if found == expected or time.monotonic() > until:
                self._seen = now
                return found
            time.sleep(0.1)

    def _counts(self) -> dict[str, int]:
        """The newest traces, newest first, and how many spans each has."""
        found = self._data("/api/v1/traces", limit=200)
        return {each["trace_id"]: each["span_count"] for each in found}

    def _spans(self, trace_id: str) -> list[dict[str, Any]]:
        return list(self._data(f"/api/v1/traces/{trace_id}/spans", limit=500))

    def _data(self, path: str, **params: Any) -> Any:
        answer = self._client.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]


def is_tree(text: str) -> bool:
    """Whether a block shows spans, and not what a program prints."""
    return text.split(maxsplit=1)[0] in SPAN_TYPES


def _lines(spans: list[dict[str, Any]]) -> Iterator[str]:
    known = {each["span_id"] for each in spans}
    below = defaultdict(list)
    for each in sorted(spans, key=lambda span: int(span["start_time_unix_nano"])):
        parent = each["parent_span_id"]
        below[parent if parent in known else None].append(each)

    def grow(parent: str | None, depth: int) -> Iterator[str]:
        for each in below[parent]:
            yield "  " * depth + _line(each)
            yield from grow(each["span_id"], depth + 1)

    return grow(None, 0)


def _line(span: dict[str, Any]) -> str:
    parts = [f"{span['span_type']} {span['name']}"]
    if span["span_type"] in ("llm", "embedding"):
        parts += [span["model"] or span["request_model"] or "no model"]
        if span["tokens_in"] is not None or span["tokens_out"] is not None:
            parts += [f"{span['tokens_in'] or 0} in, {span['tokens_out'] or 0} out"]
    given, returned = _short(span["input"]), _short(span["output"])
    if (given or returned) and span["span_type"] != "embedding":  # numbers, hundreds of them
        parts += [f"{given} → {returned}".strip()]
    if span["status"] != "ok":
        parts += [f"{span['status']}: {span['status_message'] or ''}".strip(": ")]
    return " · ".join(parts)


def _short(value: Any) -> str:
    text = " ".join(_words(value).split())
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1].rstrip() + "…"


def _words(value: Any) -> str:
    """The gist of a value: of a conversation, its last message."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and isinstance(value[-1], dict) and "role" in value[-1]:
        message = value[-1]
        calls = [call.get("name", "") for call in message.get("tool_calls") or ()]
        return _text(message.get("content")) or ", ".join(calls)
    return json.dumps(value, ensure_ascii=False)


def _text(content: Any) -> str:
    if isinstance(content, list):
        parts = (part.get("text") or "" for part in content if isinstance(part, dict))
        return " ".join(filter(None, parts))
    return content if isinstance(content, str) else _words(content)
