"""Rule files with mistakes in them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from audittrail.rules.enforcement.constitution import Constitution, OwnRules
from audittrail.rules.evaluation.rule_files import json_schema, read_folder, read_text
from audittrail.storage.duckdb.store import DuckDBStore

GOOD = """rules:
  - id: first
    title: First
    severity: low
    scope: span
    when: name = 'first'
    message: "{name}"
"""


def rule(**fields: str) -> str:
    """One rule with other fields than the good one's."""
    values = {
        "id": "second",
        "title": "Second",
        "severity": "low",
        "scope": "span",
        "when": "name = 'x'",
        "message": "'{name}'",
        **fields,
    }
    lines = [f"{name}: {value}" for name, value in values.items()]
    return "  - " + "\n    ".join(lines) + "\n"


@pytest.mark.parametrize(
    ("fields", "line", "words"),
    [
        ({"severity": "fatal"}, 10, "severity: Input should be 'info'"),
        ({"scope": "request"}, 11, "scope: Input should be 'span'"),
        ({"when": "nmae = 'x'"}, 12, "when: 'nmae' is no column of a span; there are agent_name"),
        ({"when": '"name = \'x"'}, 12, "when: it is no SQL expression"),
        ({"when": "lookup(name)"}, 12, "when: lookup is no function of a span rule; there are abs"),
        ({"when": "count_spans(name = 'x') > 1"}, 12, "when: count_spans is no function of a span"),
        ({"when": "\"regexp_matches(name, '(')\""}, 8, "when: Invalid Input Error: missing )"),
        ({"when": "arg('a b')::DOUBLE > 1"}, 12, "is no JSON path such as"),
        ({"message": "'{input}'"}, 13, "message: {input}: input is too long for a message"),
        ({"message": "'{cots}'"}, 13, "message: {cots}: 'cots' is no column"),
        ({"owner": "me"}, 14, "owner: there is no such field"),
        ({"while_running": "true"}, 8, "while_running is for trace rules"),
        ({"id": "Second rule"}, 8, "id: String should match pattern"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_mistake_costs_its_rule_alone(
    fields: dict[str, str], line: int, words: str, tmp_path: Path
) -> None:
    """It is told with file, line, rule and what to do; the other rule of the file is in force."""
    folder = tmp_path / "constitution"
    folder.mkdir()
    (folder / "mine.yaml").write_text(GOOD + rule(**fields), "utf-8")
    store = DuckDBStore(tmp_path / "a.duckdb")
    try:
        rules = Constitution(tmp_path, store.accounts).rules_for("ada")
    finally:
        store.close()
    assert [each.rule.id for each in rules.rules] == ["first"]
    assert len(rules.problems) == 1
    told = str(rules.problems[0])
    assert told.startswith(f"mine.yaml:{line}: rule {fields.get('id', 'second')}: ")
    assert words in told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rules: [", "is no YAML"),
        ("- id: a", "must begin with `rules:`"),
        ("rules: 5", "must begin with `rules:`"),
        ("rules: []\nrule: []", "x.yaml:2: rule: there is no such field"),
        (GOOD + GOOD.removeprefix("rules:\n"), "the id is used already in x.yaml:2"),
        ("rules:\n  - just words", "Input should be a valid dictionary"),
        ("rules:\n  - {when: name = 1}", "id: it is missing"),
    ],
)
def test_files_that_are_none(text: str, words: str) -> None:
    """They are told as what they are, with their line; nothing is raised."""
    assert words in "\n".join(str(problem) for problem in read_text(text, "x.yaml").problems)


@pytest.mark.parametrize(
    "text",
    [
        "rules: " + "[" * 200_000,
        "- " * 200_000,
        "{a: " * 200_000,
        "\n".join(" " * n + "a:" for n in range(900)),
    ],
    ids=["lists", "items", "mappings", "lines"],
)
def test_deep_nesting(text: str) -> None:
    """A text of thousands of levels is refused with its line, and costs neither the stack nor
    quadratic time."""
    (problem,) = read_text(text, "x.yaml").problems
    assert "is no YAML: more than 64 levels of nesting" in str(problem)


def test_the_same_id_in_two_files(tmp_path: Path) -> None:
    """The first file's rule counts, and the second one is told of."""
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(GOOD, "utf-8")
    read = read_folder(tmp_path)
    assert [(each.rule.id, each.file) for each in read.rules] == [("first", "a.yaml")]
    assert str(read.problems[0]) == "b.yaml:2: rule first: the id is used already in a.yaml:2"


def write(path: Path, text: str) -> None:
    """Write it, and make it look changed."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(text, "utf-8")
    os.utime(path, ns=(before + 10**9, before + 10**9))


def test_a_file_is_read_again(tmp_path: Path) -> None:
    """A changed rule counts at once; one that goes wrong stays as it was, with its problem told,
    until it is mended; a file that goes away takes its rules with it."""
    path = tmp_path / "constitution" / "mine.yaml"
    path.parent.mkdir()
    write(path, GOOD)
    store = DuckDBStore(tmp_path / "a.duckdb")
    try:
        constitution = Constitution(tmp_path, store.accounts)

        def state() -> tuple[list[str], int]:
            rules = constitution.rules_for("ada")
            return [each.rule.severity for each in rules.rules], len(rules.problems)

        assert state() == (["low"], 0)
        assert not constitution.refresh()
        write(path, GOOD.replace("low", "high"))
        assert constitution.refresh()
        assert state() == (["high"], 0)
        write(path, GOOD.replace("low", "fatal"))
        constitution.refresh()
        assert state() == (["high"], 1)
        write(path, "rules: [")
        constitution.refresh()
        assert state() == (["high"], 1)
        write(path, GOOD)
        constitution.refresh()
        assert state() == (["low"], 0)
        path.unlink()
        constitution.refresh()
        assert state() == ([], 0)
    finally:
        store.close()


def test_own_rules_cannot_take_an_id(tmp_path: Path) -> None:
    """An owner's rule has an id that no rule of the server has."""
    folder = tmp_path / "constitution"
    folder.mkdir()
    (folder / "mine.yaml").write_text(GOOD, "utf-8")
    store = DuckDBStore(tmp_path / "a.duckdb")
    try:
        constitution = Constitution(tmp_path, store.accounts)
        assert "choose another" in str(constitution.read_own(GOOD).problems[0])
        constitution.set_own("ada", OwnRules(GOOD.replace("first", "own"), ("first",)))
        mine, others = constitution.rules_for("ada"), constitution.rules_for("bob")
        assert (set(mine.by_id), set(others.by_id)) == ({"own"}, {"first"})
    finally:
        store.close()


def test_the_schema_describes_the_format() -> None:
    """Every field of a rule has its words in the published JSON Schema."""
    schema = json_schema()
    fields = schema["$defs"]["Rule"]["properties"]
    assert {"id", "severity", "scope", "when", "message", "examples"} <= fields.keys()
    assert all("description" in field for field in fields.values())
