"""The tools of the agent, and that they can do no harm."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest

from tests.examples.running import EXAMPLES, LIMIT_S, environment

# The modules have common names, so that they are imported by a process of their own.
PROGRAM = """
import json, sys
sys.path.insert(0, sys.argv[1])
import session, tools
session.pauses = False
for line in sys.stdin:
    name, arguments = json.loads(line)
    try:
        said = getattr(tools, name).invoke(arguments)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
    print(json.dumps(said), flush=True)
"""
Use: TypeAlias = Callable[..., str]


@pytest.fixture(scope="module")
def use() -> Iterator[Use]:
    """Calls a tool; what it gives, or its error."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, EXAMPLES / "langgraph-agent"],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def call(tool: str, **arguments: Any) -> str:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([tool, arguments]) + "\n")
        process.stdin.flush()
        return str(json.loads(process.stdout.readline()))

    try:
        yield call
    finally:
        process.stdin.close()
        process.stdout.close()
        assert process.wait(LIMIT_S) == 0


def test_the_tools_work_on_the_bundled_data(use: Use) -> None:
    """So that what the agent says makes sense."""
    found = json.loads(use("web_search", query="price of green coffee"))
    assert found["source"] == "bundled pages"
    assert found["results"][0]["title"] == "Green coffee: prices this month"
    assert json.loads(use("web_search", query="quantum chromodynamics"))["results"] == []
    offers = use("query_database", sql="SELECT supplier, euros_per_kg FROM offers ORDER BY 2")
    assert json.loads(offers) == [
        {"supplier": "Monte Claro", "euros_per_kg": 7.9},
        {"supplier": "Finca Alba", "euros_per_kg": 8.55},
    ]
    assert "Minimum order: 600 kg" in use("read_file", name="finca-alba-terms.md")
    product = "(1200 - 200) * 7.9 / 2"
    assert use("calculator", expression=product) == f"{product} = 3950"
    assert re.fullmatch(r"[A-Z][a-z]+day, \d{4}-\d\d-\d\d \d\d:\d\d UTC", use("current_time"))
    for value, relation in ((3, "more"), (1, "less")):
        names = {"first": "a", "second": "b", "unit": "kg"}
        assert use("compare", first_value=value, second_value=2, **names) == (
            f"a is 1 kg (50.0%) {relation} than b"
        )


@pytest.mark.parametrize(
    ("tool", "argument", "values"),
    [
        (
            "calculator",
            "expression",
            [
                "__import__('os').getcwd()",
                "(1).__class__",
                "9 ** 9 ** 9",
                "1 / 0",
                "1 +",
                "'a' * 10",
                "True + 1",
                "[1 for _ in (1, 2)]",
                "1" * 201,
                "(" * 150,
            ],
        ),
        (
            "read_file",
            "name",
            ["../tools.py", "/etc/passwd", "x/../../agent.py", "", ".", "deliveries.md/"],
        ),
        (
            "query_database",
            "sql",
            [
                "DELETE FROM stock",
                "DROP TABLE stock",
                "ATTACH ':memory:' AS other",
                "SELECT 1; DROP TABLE stock",
                "PRAGMA writable_schema = ON",
                "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x FROM n) SELECT max(x) FROM n",
            ],
        ),
    ],
)
def test_what_could_do_harm_is_refused(
    use: Use, tool: str, argument: str, values: list[str]
) -> None:
    """With an error that the model can read."""
    said = {value: use(tool, **{argument: value}) for value in values}
    assert {value for value, text in said.items() if "Error: " not in text} == set()
