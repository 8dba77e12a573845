"""What was acknowledged survives the sudden end of the server."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import duckdb
import pytest

from tests.durability.load import HISTORY, Ledger, Sender, digest
from tests.support.people import Person, new_person
from tests.support.servers import Server, running_server

KILLS = int(os.environ.get("AUDITTRAIL_KILLS", "20"))
_SENDERS = 4


def _wrong(person: Person, ledger: Ledger) -> list[str]:
    """How the traces that the server shows differ from what it acknowledged."""
    wrong = []
    for trace_id, spans in ledger.traces.items():
        trace = person.get(f"/api/v1/traces/{trace_id}")
        if (trace["span_count"], trace["tokens_in"]) != (len(spans), sum(spans.values())):
            wrong.append(
                f"{trace_id} counts {trace['span_count']} spans of {len(spans)}, "
                f"{trace['tokens_in']} tokens of {sum(spans.values())}"
            )
        shown = [(each["span_id"], each["tokens_in"]) for each in person.spans(trace_id)]
        if sorted(shown) != sorted(spans.items()):
            wrong.append(f"{trace_id} shows {len(shown)} spans of {len(spans)}")
    return wrong


def _wrong_texts(person: Person, ledger: Ledger) -> list[str]:
    """The spans whose history is not, byte for byte, what was sent."""
    found: dict[str, str] = {}
    for trace_id in ledger.traces:
        for resource in person.pages(f"/api/v1/traces/{trace_id}/otlp", limit=200):
            for scope in resource["scopeSpans"]:
                for each in scope["spans"]:
                    said = {pair["key"]: pair["value"] for pair in each["attributes"]}
                    if HISTORY in said:
                        found[each["spanId"]] = digest(said[HISTORY]["stringValue"])
    return [span_id for span_id, text in ledger.texts.items() if found.get(span_id) != text]


def _kill_under_load(server: Server, senders: list[Sender], chance: random.Random) -> None:
    """Let a few requests be acknowledged, then kill at a random moment and start again."""
    seen = sum(sender.acknowledged for sender in senders)
    until = time.monotonic() + 60
    while sum(sender.acknowledged for sender in senders) < seen + 3:
        assert time.monotonic() < until, "nothing was acknowledged for a minute"
        time.sleep(0.005)
    time.sleep(chance.random() * 0.7)
    server.kill()
    if chance.random() < 0.2:
        server.launch()  # and killed once more, while it opens what the first kill left
        time.sleep(chance.random())
        server.kill()
    server.start()


@pytest.mark.long
def test_kill_9_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """The server is killed at random moments while four senders use both doors, and repeat what
    was not acknowledged, as exporters do. At the end every trace has each of its spans once, and
    every history is exact."""
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    ledger = Ledger()
    with running_server(tmp_path) as server:
        person = new_person(server)
        senders = [Sender(person, ledger, n, seed + n) for n in range(_SENDERS)]
        for sender in senders:
            sender.start()
        try:
            for _ in range(KILLS):
                _kill_under_load(server, senders, chance)
        finally:
            for sender in senders:
                sender.ending.set()
            for sender in senders:
                sender.join()
        assert all(sender.acknowledged for sender in senders)
        assert sum(sender.repeated for sender in senders) > KILLS
        assert _wrong(person, ledger) == []
        assert _wrong_texts(person, ledger) == []
        assert len(ledger.texts) > KILLS
        check = server.cli("db", "check")
        assert check.returncode == 0, check.stdout + check.stderr
    repeated = sum(sender.repeated for sender in senders)
    print(f"{ledger.spans} spans acknowledged, {repeated} requests repeated")
    with duckdb.connect(str(tmp_path / "audittrail.duckdb"), read_only=True) as file:
        counted = file.execute("select count(distinct (trace_id, span_id)) from spans")
        assert counted.fetchall() == [(ledger.spans,)]
