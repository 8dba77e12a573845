"""What captured telemetry means, and what a server makes of it.

``tests/data/captures/<name>`` holds the bodies of OTLP/HTTP exports as released instrumentations
sent them; ``tests/data/truth/<name>.json`` holds, for each trace and span, what is known to be
right because the model behind the captures always reported the same usage.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

DATA = Path(__file__).parent.parent / "data"
NAMES = sorted(path.name for path in (DATA / "captures").iterdir())


class Payload(NamedTuple):
    """One export request: the signal it was sent to and its body in protobuf."""

    signal: str
    body: bytes


def payloads(name: str) -> list[Payload]:
    """In the order in which they were sent."""
    files = sorted((DATA / "captures" / name).iterdir())
    return [Payload(file.name.split(".")[1], file.read_bytes()) for file in files]


def truth(name: str) -> Any:
    return json.loads((DATA / "truth" / f"{name}.json").read_text("utf-8"))


def _plain(text: str) -> str:
    """Without any layer of JSON escaping, so that a text is found however deep it was quoted."""
    before = ""
    while text != before:
        before = text
        text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
        text = re.sub(r"\\[nrt]", " ", text).replace('\\"', '"').replace("\\\\", "\\")
    return " ".join(text.replace("\\", "").split())


def says(content: Any, expected: str) -> bool:
    """Whether a content holds a text, as words of its own."""
    if content is None:
        return False
    written = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    wanted = re.escape(_plain(expected))
    return re.search(rf"(?<!\w){wanted}(?!\w)", _plain(written)) is not None or (
        _plain(expected) in _plain(written) and not expected[0].isalnum()
    )


def wrong_totals(known: Any, trace: Any, spans: dict[str, Any]) -> Iterator[str]:
    """How a trace's figures differ from the truth."""
    for name in ("tokens_in", "tokens_out"):
        right = known.get(f"{name}_accept") or [known[name]]
        if trace[name] not in right and not (trace[name] in (None, 0) and None in right):
            yield f"{name} is {trace[name]}, should be {right}"
    for name, of_span in (("cached_in", "tokens_cached"), ("reasoning_out", "tokens_reasoning")):
        if known[name] is None or name in known["soft"]:
            continue
        told = sum(
            max(spans.get(span_id, {}).get(of_span) or 0 for span_id in call["span_ids"])
            for call in known["calls"]
        )
        if told != known[name]:
            yield f"{of_span} of its calls is {told}, should be {known[name]}"
    sessions = known.get("session_accept") or [known["session"]]
    if trace["session_id"] not in sessions:
        yield f"session_id is {trace['session_id']}, should be {sessions}"


def wrong_span(known: Any, span: Any) -> Iterator[str]:
    """How a span differs from the truth."""
    types = known.get("span_type_accept") or [known["span_type"]]
    if known["span_type"] is not None and span["span_type"] not in types:
        yield f"span_type is {span['span_type']}, should be {types}"
    if known.get("error_scored", True) and (span["status"] == "error") != known["error"]:
        yield f"status is {span['status']}, error is {known['error']}"
    for name in ("input", "output"):
        expected = known.get(f"{name}_contains")
        if expected and not says(span[name], expected):
            yield f"{name} is {str(span[name])[:100]}, should say {expected!r}"
    if known.get("model_accept") and span["model"] not in known["model_accept"]:
        yield f"model is {span['model']}, should be {known['model_accept']}"
