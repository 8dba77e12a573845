"""Stopping on purpose."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.durability.load import Ledger, Sender
from tests.support.people import new_person
from tests.support.servers import Server, running_server

SENDERS = 4


def wait_for_more(senders: list[Sender]) -> None:
    """Until each of them has had another request acknowledged."""
    seen = [sender.acknowledged for sender in senders]
    until = time.monotonic() + 60
    while any(sender.acknowledged <= before for sender, before in zip(senders, seen, strict=True)):
        assert all(sender.is_alive() for sender in senders), "a sender was refused"
        assert time.monotonic() < until, "nothing was acknowledged for a minute"
        time.sleep(0.005)


def stop(server: Server, number: signal.Signals) -> int:
    server.process.send_signal(number)
    return server.process.wait(60)


@pytest.mark.long
def test_a_stop_under_load_loses_nothing(tmp_path: Path) -> None:
    """SIGTERM and SIGINT, while four senders use both doors. The server ends with status 0 and
    leaves neither a socket nor a write-ahead log; after a restart each span that was acknowledged
    is there once."""
    ledger = Ledger()
    with running_server(tmp_path) as server:
        person = new_person(server)
        senders = [Sender(person, ledger, each, each) for each in range(SENDERS)]
        for sender in senders:
            sender.start()
        try:
            for number in (signal.SIGTERM, signal.SIGINT):
                wait_for_more(senders)
                assert stop(server, number) == 0
                assert not (tmp_path / "admin.sock").exists()
                assert not (tmp_path / "audittrail.duckdb.wal").exists()
                server.start()
            wait_for_more(senders)
        finally:
            for sender in senders:
                sender.ending.set()
            for sender in senders:
                sender.join()
        assert ledger.spans
        for trace_id, spans in ledger.traces.items():
            shown = {each["span_id"]: each["tokens_in"] for each in person.spans(trace_id)}
            assert shown == spans
            trace = person.get(f"/api/v1/traces/{trace_id}")
            assert (trace["span_count"], trace["tokens_in"]) == (len(spans), sum(spans.values()))
