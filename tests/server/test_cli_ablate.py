"""The command ``audittrail ablate``."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from audittrail.testing.model_server import Answer
from tests.ablation.agents import Model, send_agent
from tests.support.asking import asking_server
from tests.support.people import Person, new_person
from tests.support.servers import Server

YES = Answer("Monte Claro, from 2,500 kg, as clause 7 says.")


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with an endpoint."""
    folder = tmp_path_factory.mktemp("asking")
    with asking_server(folder, Model(), LOGIN_ATTEMPTS_PER_MINUTE="100000") as (server, _):
        yield server


@pytest.fixture
def buyer(asking: Server) -> Person:
    return new_person(asking)


def ablate(
    person: Person, *arguments: str, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    options = ["--endpoint", person.server.api, "--api-key", person.key]
    return person.server.cli("ablate", *arguments, *options, stdin=stdin)


@pytest.mark.parametrize("width", [80, 120])
def test_a_table_and_a_file(
    buyer: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    """The planted cause has all of the answer, the others nothing, told in a line each also in a
    narrow terminal; the file has the whole run."""
    monkeypatch.setenv("COLUMNS", str(width))
    trace_id, _ = send_agent(buyer, YES)
    file = tmp_path / "run.json"
    done = ablate(buyer, trace_id, "--yes", "--json", str(file))
    assert done.returncode == 0, done.stderr
    (terms,) = [line for line in done.stdout.splitlines() if line.startswith("terms(terms)  ")]
    assert "100%" in terms
    assert "+1.000" in terms
    assert done.stdout.count("not distinguishable from zero\n") == 3
    assert ("Sufficiency " in done.stdout) == (width > 100)
    run = json.loads(file.read_text("utf-8"))
    assert run["state"] == "complete"
    assert run["id"] in done.stdout


def test_the_preview_runs_nothing(buyer: Person) -> None:
    """It lists the sources and says what it would cost."""
    trace_id, _ = send_agent(buyer, YES)
    done = ablate(buyer, trace_id, "--preview")
    assert done.returncode == 0, done.stderr
    assert "kept in every prompt" in done.stdout
    assert "18 calls of gpt-4o-mini in 1 step, at most 80" in done.stdout
    assert "(estimated)" in done.stdout
    assert buyer.get(f"/api/v1/traces/{trace_id}/ablation")["runs"] == []


def test_it_asks_before(buyer: Person) -> None:
    """Who says no pays nothing."""
    trace_id, _ = send_agent(buyer, YES)
    done = ablate(buyer, trace_id, stdin="n\n")
    assert done.returncode == 1
    assert "Run it?" in done.stdout
    assert buyer.get(f"/api/v1/traces/{trace_id}/ablation")["runs"] == []


def test_a_run_that_stopped_goes_on(buyer: Person) -> None:
    """Its end says how, and going on completes it."""
    trace_id, _ = send_agent(buyer, YES)
    stopped = ablate(buyer, trace_id, "--yes", "--max-calls", "7")
    assert stopped.returncode == 1
    assert "The budget of 7 calls is spent." in stopped.stdout
    (run,) = buyer.get(f"/api/v1/traces/{trace_id}/ablation")["runs"]
    assert f"--resume {run['id']}" in stopped.stdout
    again = ablate(buyer, trace_id, "--resume", run["id"])
    assert again.returncode == 1
    assert "give a larger max_calls" in again.stderr
    whole = ablate(buyer, trace_id, "--resume", run["id"], "--max-calls", "100")
    assert whole.returncode == 0, whole.stderr
    assert "18 calls" in whole.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["f" * 32], "You have no trace with this id."),
        (["{trace}", "--target", "f" * 16], "no model call with this id"),
        (["{trace}", "--sentence", "99"], "sentences"),
    ],
)
def test_mistakes(buyer: Person, arguments: list[str], words: str) -> None:
    """Each is told in a line."""
    trace_id, _ = send_agent(buyer, YES)
    done = ablate(buyer, *(each.format(trace=trace_id) for each in arguments), "--yes")
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_server(buyer: Person) -> None:
    """It says which one did not answer, and what to do."""
    done = buyer.server.cli("ablate", "f" * 32, "--endpoint", "http://127.0.0.1:9")
    assert done.returncode == 1
    assert "http://127.0.0.1:9" in done.stderr
    assert "audittrail serve" in done.stderr


def test_without_an_endpoint(person: Person) -> None:
    """It says what the operator sets; the preview works."""
    trace_id, _ = send_agent(person, YES)
    done = ablate(person, trace_id, "--yes")
    assert done.returncode == 1
    assert "OPENAI_API_KEY" in done.stderr
    assert ablate(person, trace_id, "--preview").returncode == 0
