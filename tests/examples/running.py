"""Running the examples as their readers do."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.support.people import Person
from tests.support.servers import Server

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
LIMIT_S: Final = 120
_OTHERS: Final = ("AUDITTRAIL_", "LANGCHAIN_", "LANGSMITH_", "OPENAI_", "OTEL_")


class Done(NamedTuple):
    """What an example that has ended said."""

    status: int
    lines: list[str]
    complaints: str

    @property
    def trace_id(self) -> str:
        [found] = re.findall(
            r"^\[OK\] Trace registered: ([0-9a-f]{32})$", "\n".join(self.lines), re.MULTILINE
        )
        return str(found)

    @property
    def answer(self) -> list[str]:
        """What the agent said, without what the example says of it."""
        return [line for line in self.lines if not line.startswith("[")]


def environment(**variables: str) -> dict[str, str]:
    """The environment of these tests without the settings of anybody's agent, and these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OTHERS)}
    return kept | {"AUDITTRAIL_SPOOL_DIR": "", "NO_PROXY": "127.0.0.1"} | variables


def towards(server: Server, key: str | None = None) -> dict[str, str]:
    """Where AuditTrail's client sends its spans."""
    credentials = {} if key is None else {"AUDITTRAIL_API_KEY": key}
    return environment(AUDITTRAIL_ENDPOINT=server.api, **credentials)


def plain(server: Server, key: str, model: str) -> dict[str, str]:
    """Where OpenTelemetry's own exporters send theirs, and where the model is."""
    return environment(
        OTEL_EXPORTER_OTLP_ENDPOINT=server.otlp_http,
        OTEL_EXPORTER_OTLP_HEADERS=f"authorization=Bearer%20{key}",
        OPENAI_BASE_URL=model,
        OPENAI_API_KEY="any",
    )


def run(example: str, *options: str, settings: Mapping[str, str], folder: Path) -> Done:
    """Run it in ``folder``, which is not where it is."""
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / example), *options],
        env=settings,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    return Done(done.returncode, done.stdout.splitlines(), done.stderr)


class Tree:
    """The spans of a trace that has ended, after what holds for all examples was checked: each
    span has its parent, nothing runs any more, each call of a model has tokens and a price."""

    def __init__(self, person: Person, trace_id: str) -> None:
        self.trace = person.get(f"/api/v1/traces/{trace_id}")
        self.spans = person.spans(trace_id)
        self._by_id = {span["span_id"]: span for span in self.spans}
        assert self.trace["status"] == "complete", self.trace
        assert self.trace["missing_parents"] == 0
        assert self.trace["open_spans"] == 0
        assert len([span for span in self.spans if span["parent_span_id"] is None]) == 1
        assert {span["parent_span_id"] for span in self.spans} <= {None, *self._by_id}
        assert {span["status"] for span in self.spans} <= {"ok", "error"}
        for call in self.of("llm"):
            if call["status"] == "ok":
                assert call["tokens_in"] > 0, call
                assert call["tokens_out"] > 0, call
                assert call["cost"] > 0, call
                assert call["cost_source"] == "estimated"
        assert self.trace["cost"] > 0

    def of(self, span_type: str) -> list[dict[str, Any]]:
        return [span for span in self.spans if span["span_type"] == span_type]

    def named(self, name: str) -> list[dict[str, Any]]:
        return [span for span in self.spans if span["name"] == name]

    @property
    def errors(self) -> list[str]:
        """Names of failed spans, in the order of their starts."""
        return [span["name"] for span in self.spans if span["status"] == "error"]

    @property
    def root(self) -> dict[str, Any]:
        [root] = [span for span in self.spans if span["parent_span_id"] is None]
        return root

    def above(self, span: dict[str, Any]) -> list[str]:
        """The names of those that the span is in, from its parent to the root."""
        names = []
        while span["parent_span_id"] is not None:
            span = self._by_id[span["parent_span_id"]]
            names.append(span["name"])
        return names
