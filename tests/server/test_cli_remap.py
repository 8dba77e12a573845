"""``audittrail remap``: beside a running server and without one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.support.otlp import new_trace_id, span, traces_request
from tests.support.people import Person, new_person
from tests.support.servers import running_server

CALL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.response.model": "gpt-4o-mini",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 10,
}


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    with running_server(tmp_path_factory.mktemp("remapped")) as server:
        yield new_person(server)


def send(person: Person) -> str:
    """The id of a trace with one call of a model."""
    trace_id = new_trace_id()
    answer = person.otlp(traces_request(span(trace_id, name="ask", attributes=CALL)))
    assert answer.status_code == 200, answer.text
    return trace_id


def forget_mapping(folder: Path, trace_id: str) -> None:
    """Leave the span as a release would have stored it that did not know these attributes."""
    with duckdb.connect(str(next(folder.glob("*.duckdb")))) as file:
        file.execute(
            "UPDATE spans SET span_type = 'custom', model = NULL, tokens_in = NULL, "
            "tokens_out = NULL, cost = NULL, cost_source = NULL, provider = NULL, dialect = NULL "
            "WHERE trace_id = ?",
            [trace_id],
        )


def shown(person: Person, trace_id: str) -> tuple[object, ...]:
    (only,) = person.spans(trace_id)
    trace = person.get(f"/api/v1/traces/{trace_id}")
    return only["span_type"], only["model"], only["tokens_in"], only["cost"], trace["tokens_in"]


@pytest.mark.parametrize("running", [True, False], ids=["running", "stopped"])
def test_what_is_stored_is_mapped_anew(person: Person, running: bool) -> None:
    """The span and the sums of its trace are as if it were sent now; others stay, and a second
    time there is nothing to change."""
    early, late = send(person), send(person)
    person.server.stop()
    forget_mapping(person.server.folder, early)
    if running:
        person.server.start()
        assert shown(person, early)[:3] == ("custom", None, None)
    done = person.server.cli("remap")
    again = person.server.cli("remap")
    if not running:
        person.server.start()
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("1 span changed.")
    assert again.stdout.rstrip().endswith("0 spans changed.")
    assert shown(person, early) == shown(person, late)
    assert shown(person, early)[:3] == ("llm", "gpt-4o-mini", 1000)
