"""How much of what captured agents did is shown right, against what is known of them.

    python benchmarks/truth.py                     all captures of tests/data
    python benchmarks/truth.py vercel-ai-6.0.326   some
    python benchmarks/truth.py --misses            each thing that is wrong, too

Replays the payloads into a server of its own, and compares what its API answers with the truth
files: types of spans, errors, totals of tokens, texts in inputs and outputs, and sessions.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.support.servers import Server
from tests.support.truth import NAMES, payloads, truth, wrong_span, wrong_totals

from benchmarks.runs import fresh_server

_KINDS = ("types", "errors", "tokens", "content", "sessions")
_BEGINNINGS = {
    "span_type": "types",
    "status": "errors",
    "tokens": "tokens",
    "input": "content",
    "output": "content",
    "session_id": "sessions",
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("captures", nargs="*", metavar="CAPTURE", help="; ".join(NAMES))
    parser.add_argument("--misses", action="store_true", help="list what is wrong")
    given = parser.parse_args()
    console = Console()
    table = Table("capture", *_KINDS)
    table.columns[0].overflow = "fold"
    sums, rights = Counter[str](), Counter[str]()
    with fresh_server() as server:
        for name in given.captures or NAMES:
            known, wrong = _compared(server, name)
            missed = Counter(kind for kind, _ in wrong)
            sums += known
            rights += known - missed
            table.add_row(
                name, *(_share(known[kind] - missed[kind], known[kind]) for kind in _KINDS)
            )
            for kind, words in wrong if given.misses else ():
                console.print(f"{name} [{kind}] {words}", markup=False)
    table.add_section()
    table.add_row("all", *(_share(rights[kind], sums[kind]) for kind in _KINDS))
    console.print(table)


def _share(right: int, all_: int) -> str:
    return f"{right}/{all_}" if all_ else "-"


def _compared(server: Server, name: str) -> tuple[Counter[str], list[tuple[str, str]]]:
    """How many things are known of each kind, and what is wrong: (kind, words)."""
    headers = {"content-type": "application/x-protobuf"}
    with httpx.Client(timeout=60) as client:
        for signal, body in payloads(name):
            url = f"{server.otlp_http}/v1/{signal}"
            client.post(url, content=body, headers=headers).raise_for_status()

        def ask(path: str, **params: Any) -> Any:
            answer = client.get(f"{server.api}/api/v1{path}", params=params)
            return answer.raise_for_status().json()

        facts = truth(name)
        known, wrong = Counter[str](), list[tuple[str, str]]()
        spans: dict[str, dict[str, Any]] = {}
        for trace in facts["traces"]:
            trace_id = trace["trace_id"]
            spans[trace_id] = {each["span_id"]: each for each in _spans(ask, trace_id)}
            known.update(tokens=2, sessions=1)
            shown = ask(f"/traces/{trace_id}")["data"]
            wrong += _kinds(trace_id, wrong_totals(trace, shown, spans[trace_id]))
        for span in facts["spans"]:
            if span.get("bulk"):
                continue
            known.update(_checks(span))
            found = spans[span["trace_id"]].get(span["span_id"])
            words = wrong_span(span, found) if found else ["span_type unknown: it is not there"]
            wrong += _kinds(f"{span['name']} {span['span_id']}", words)
    return known, wrong


def _spans(ask: Any, trace_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = ask(
            f"/traces/{trace_id}/spans", limit=1000, **({"cursor": cursor} if cursor else {})
        )
        found += page["data"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def _checks(span: dict[str, Any]) -> Counter[str]:
    return Counter(
        types=int(span["span_type"] is not None),
        errors=int(span.get("error_scored", True)),
        content=sum(bool(span.get(f"{name}_contains")) for name in ("input", "output")),
    )


def _kinds(of: str, words: Any) -> list[tuple[str, str]]:
    return [
        (kind, f"{of}: {each}")
        for each in words
        for beginning, kind in _BEGINNINGS.items()
        if each.startswith(beginning)
    ]


if __name__ == "__main__":
    main()
