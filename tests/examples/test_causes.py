"""What the answer of the agent with seven tools depends on, as its documentation says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.examples.running import EXAMPLES, LIMIT_S, environment

PLANTED = 'read_file {"name": "monte-claro-terms.md"}'


def test_the_answer_rests_on_one_result() -> None:
    """Without the terms of the supplier the agent does not know; with another figure in them it
    says the opposite. Without any other result, the market's among them, it says the same."""
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("without.py"), EXAMPLES / "langgraph-agent"],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["whole"].startswith("No: the smallest order that is taken is 2,500 kg")
    assert told["other figure"] == (
        "Yes: the smallest order that is taken is 800 kg (monte-claro-terms.md), and 1,200 kg is "
        "400 kg above that."
    )
    without = told["without"]
    assert without.pop(PLANTED).startswith("I do not know.")
    assert {call.partition(" ")[0] for call in without} == {
        "calculator",
        "compare",
        "current_time",
        "query_database",
        "read_file",
        "summarise",
        "web_search",
    }
    assert set(without.values()) == {told["whole"]}
