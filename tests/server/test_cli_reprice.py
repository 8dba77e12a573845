"""Prices that change: for new spans by themselves, for stored ones by ``audittrail reprice``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.otlp import new_trace_id, span, traces_request
from tests.support.people import Person, new_person
from tests.support.servers import running_server

MILLION = 1_000_000


class Prices:
    """A rules folder with one model in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "pricing.yaml"

    def set(self, usd: float) -> None:
        """What a million tokens of input cost."""
        self.write(f"models: [{{model: house-model, prices: [{{input: {usd}, output: 0}}]}}]\n")

    def write(self, text: str) -> None:
        fresh = self._file.with_suffix(".new")
        fresh.write_text(text)
        fresh.replace(self._file)


@pytest.fixture(scope="module")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Prices:
    return Prices(tmp_path_factory.mktemp("rules"))


@pytest.fixture(scope="module")
def person(prices: Prices, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Somebody on a server whose prices are these."""
    prices.set(1)
    folder = tmp_path_factory.mktemp("priced")
    with running_server(folder, RULES_DIR=str(prices.folder)) as server:
        yield new_person(server)


def send(person: Person, **attributes: float) -> str:
    """The id of a trace with one call of a million tokens."""
    trace_id = new_trace_id()
    call = {
        "gen_ai.operation.name": "chat",
        "gen_ai.response.model": "house-model",
        "gen_ai.usage.input_tokens": MILLION,
        **{name.replace("_", "."): value for name, value in attributes.items()},
    }
    answer = person.otlp(traces_request(span(trace_id, attributes=call)))
    assert answer.status_code == 200, answer.text
    return trace_id


def cost(person: Person, trace_id: str) -> tuple[float, str]:
    """Of the trace, which is that of its span."""
    trace = person.get(f"/api/v1/traces/{trace_id}")
    (only,) = person.spans(trace_id)
    assert (trace["cost"], trace["cost_source"]) == (only["cost"], only["cost_source"])
    return trace["cost"], trace["cost_source"]


def wait_for_price(person: Person, usd: float) -> None:
    """Until what is sent costs this."""
    until = time.monotonic() + 30
    while cost(person, send(person)) != (usd, "estimated"):
        assert time.monotonic() < until, f"a call does not cost {usd} after 30 s"
        time.sleep(0.1)


def test_a_changed_file_prices_what_comes_next(person: Person, prices: Prices) -> None:
    """Without a restart; what is stored keeps its cost."""
    prices.set(1)
    wait_for_price(person, 1)
    before = send(person)
    prices.set(5)
    wait_for_price(person, 5)
    assert cost(person, before) == (1, "estimated")


def test_a_mistake_in_the_file_leaves_the_old_prices(person: Person, prices: Prices) -> None:
    """And repricing says what the mistake is instead of doing nothing."""
    prices.set(2)
    wait_for_price(person, 2)
    prices.write("models: [{model: house-model, prices: free}]")
    done = person.server.cli("reprice")
    assert done.returncode == 1
    assert "pricing.yaml" in done.stderr
    assert cost(person, send(person)) == (2, "estimated")


@pytest.mark.parametrize("running", [True, False], ids=["running", "stopped"])
def test_reprice_recomputes_what_is_stored(person: Person, prices: Prices, running: bool) -> None:
    """Beside a server and without one, by the file as it is at that moment; what an agent
    reported stays. A second time there is nothing to change."""
    prices.set(3)
    wait_for_price(person, 3)
    estimated, reported = send(person), send(person, audittrail_cost=0.25)
    assert cost(person, reported) == (0.25, "agent")
    if not running:
        person.server.stop()
    prices.set(7)
    done = person.server.cli("reprice")
    again = person.server.cli("reprice")
    if not running:
        person.server.start()
    assert done.returncode == 0, done.stderr
    assert "costs changed." in done.stdout
    assert not done.stdout.rstrip().endswith("\n0 costs changed.")
    assert again.stdout.rstrip().endswith("0 costs changed.")
    assert cost(person, estimated) == (7, "estimated")
    assert cost(person, reported) == (0.25, "agent")
