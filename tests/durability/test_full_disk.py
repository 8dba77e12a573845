"""A disk that is full, as the server meets it."""

from __future__ import annotations

import resource
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.durability.load import Ledger
from tests.support.otlp import new_span_id, new_trace_id, span, traces_request
from tests.support.people import Person, new_person
from tests.support.servers import Server, running_server


def _padding() -> str:
    """Never sent before, so that it is stored, and random, so that it takes its own size."""
    return secrets.token_hex(10_000)


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    with running_server(tmp_path) as server:
        yield new_person(server)


def _limit_files(server: Server, size: int | None) -> None:
    """From now on the server's files may not become larger; None lifts it. To who writes it is
    what a full disk is: writing fails until there is room again."""
    hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size or hard, hard))


def _send(person: Person, ledger: Ledger, trace_id: str, count: int = 50) -> httpx.Response:
    spans = {new_span_id(): 1 for _ in range(count)}
    usage = {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 1}
    answer = person.otlp(
        traces_request(
            *(span(trace_id, each, attributes=usage | {"padding": _padding()}) for each in spans)
        )
    )
    if answer.status_code == 200:
        ledger.acknowledge(trace_id, spans, {})
    return answer


def test_a_full_disk_refuses_what_it_cannot_keep(person: Person) -> None:
    """While the disk is full, exports are answered with 503 and a delay, reading goes on, and the
    server says that it is not ready. With room again it goes on by itself; what was acknowledged
    is all there, also after a kill, and nothing else."""
    server, ledger, trace_id = person.server, Ledger(), new_trace_id()
    assert _send(person, ledger, trace_id).status_code == 200
    largest = max(path.stat().st_size for path in server.folder.glob("audittrail.duckdb*"))
    _limit_files(server, largest + 1_000_000)
    answers = [_send(person, ledger, trace_id) for _ in range(10)]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert refused
    assert {answer.status_code for answer in refused} == {503}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
    assert person.get(f"/api/v1/traces/{trace_id}")["span_count"] == ledger.spans
    assert httpx.get(f"{server.api}/api/v1/ready").status_code == 503

    _limit_files(server, None)
    until = time.monotonic() + 60
    while _send(person, ledger, trace_id).status_code != 200:
        assert time.monotonic() < until, "it did not recover"
        time.sleep(0.1)
    assert httpx.get(f"{server.api}/api/v1/ready").status_code == 200
    server.kill()
    server.start()
    trace = person.get(f"/api/v1/traces/{trace_id}")
    assert (trace["span_count"], trace["tokens_in"]) == (ledger.spans, ledger.spans)
    shown = {each["span_id"] for each in person.spans(trace_id)}
    assert shown == set(ledger.traces[trace_id])
