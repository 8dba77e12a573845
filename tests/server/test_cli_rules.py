"""``audittrail rules`` and ``audittrail check``: as people and CI servers run them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import duckdb
import pytest

from tests.api.rest import violation_of
from tests.support.commands import run_command
from tests.support.judging import kept_judge
from tests.support.otlp import new_trace_id, span, traces_request
from tests.support.people import Person, new_person
from tests.support.servers import AUDITTRAIL, Server, running_server

RULES = """rules:
  - id: no-shell
    title: No shell
    severity: {severity}
    scope: span
    when: span_type = 'tool' AND name = 'shell'
    message: "{{name}} was called"
    examples:
      fails:
        - - {{span_type: tool, name: {name}}}
      passes:
        - - {{span_type: tool, name: search}}
"""
TOOL = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "shell"}


@pytest.fixture(scope="module", autouse=True)
def _judge() -> Iterator[None]:
    with kept_judge():
        yield


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return run_command(*map(str, arguments), environment=environment)


def rules_in(folder: Path, severity: str = "high", name: str = "shell") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "rules.yaml").write_text(RULES.format(severity=severity, name=name), "utf-8")
    return folder


def protobuf(folder: Path, name: str = "shell") -> Path:
    path = folder / "run.pb"
    marks = {**TOOL, "gen_ai.tool.name": name}
    path.write_bytes(traces_request(span(new_trace_id(), name=name, attributes=marks)))
    return path


def otlp_json(folder: Path) -> Path:
    attributes = [{"key": k, "value": {"stringValue": v}} for k, v in TOOL.items()]
    one = {
        "traceId": new_trace_id(),
        "spanId": "00000000000000aa",
        "name": "shell",
        "startTimeUnixNano": "1769860800000000000",
        "endTimeUnixNano": "1769860801000000000",
        "attributes": attributes,
    }
    path = folder / "run.otlp.json"
    path.write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [one]}]}]}))
    return path


def parquet(folder: Path) -> Path:
    path = folder / "run.parquet"
    duckdb.execute(
        "COPY (SELECT 'aa' AS trace_id, 'bb' AS span_id, 1769860800000000000 AS start_ns, "
        f"'shell' AS name, 'tool' AS span_type) TO '{path}' (FORMAT parquet)"
    )
    return path


@pytest.mark.parametrize("make", [protobuf, otlp_json, parquet], ids=["pb", "json", "parquet"])
def test_files_are_checked_without_a_server(make: Any, tmp_path: Path) -> None:
    """A file of each format breaks the rule: the table tells it, and the status is 1; below the
    severity that counts it is 0."""
    file, rules = make(tmp_path), rules_in(tmp_path / "rules")
    done = run("check", "--rules", rules, file)
    assert done.returncode == 1, done.stderr
    assert "no-shell" in done.stdout
    assert "1 trace, 1 span, 1 rule: 1 high." in done.stdout
    assert run("check", "--rules", rules, "--fail-on", "critical", file).returncode == 0


def test_the_table_in_the_log_of_a_ci_server(tmp_path: Path) -> None:
    """A violation is one line, although nobody says how wide the log is. Here the command is a
    process of its own, which judges in another one."""
    done = subprocess.run(
        [AUDITTRAIL, "check", "--rules", rules_in(tmp_path / "rules"), protobuf(tmp_path)],
        env={**os.environ, "COLUMNS": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("high"))
    assert line.endswith("shell was called")


def test_what_breaks_nothing(tmp_path: Path) -> None:
    """Says how much was checked, and exits with 0."""
    done = run("check", "--rules", rules_in(tmp_path / "rules"), protobuf(tmp_path, "search"))
    assert (done.returncode, "no violation" in done.stdout) == (0, True)


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        ([], "Nothing to check"),
        (["missing.pb"], "neither a file nor the id of a trace"),
        (["bad.pb"], "bad.pb holds no traces that can be read"),
        (["bad.json"], "bad.json holds no traces that can be read"),
        (["bad.parquet"], "bad.parquet holds no traces that can be read"),
        (["odd.txt"], "told by its name"),
        (["--since", "yesterday"], "is no time"),
        (["--since", "1h", "--endpoint", "http://127.0.0.1:9"], "does not answer"),
    ],
)
def test_what_cannot_be_checked(targets: list[str], words: str, tmp_path: Path) -> None:
    """Status 2, never 0: a gate that could not look is not open."""
    for name in ("bad.pb", "bad.json", "bad.parquet", "odd.txt"):
        (tmp_path / name).write_bytes(b"\xff\xfenothing")
    rules = rules_in(tmp_path / "rules")
    paths = [str(tmp_path / each) if each.endswith((".pb", ".json", ".parquet", ".txt")) else each
             for each in targets]  # fmt: skip
    done = run("check", "--rules", rules, *paths)
    assert done.returncode == 2, done.stdout
    assert words in done.stderr


def test_rules_with_a_mistake_open_no_gate(tmp_path: Path) -> None:
    """Status 2 with file and line, also if other rules are all right."""
    rules = rules_in(tmp_path / "rules")
    text = (rules / "rules.yaml").read_text("utf-8")
    (rules / "other.yaml").write_text(text.replace("no-shell", "other").replace("name =", "nmae ="))
    done = run("check", "--rules", rules, protobuf(tmp_path))
    assert done.returncode == 2
    assert "other.yaml:6: rule other: when: 'nmae' is no column" in done.stderr


def test_reports(tmp_path: Path) -> None:
    """JUnit XML has a failed test case for the rule; SARIF a result with the rule, the file and a
    fingerprint that stays the same."""
    file, rules = otlp_json(tmp_path), rules_in(tmp_path / "rules")
    xml, sarif = tmp_path / "junit.xml", tmp_path / "out.sarif"
    told = []
    for _ in range(2):
        done = run("check", "--rules", rules, "--junit", xml, "--sarif", sarif, file)
        assert done.returncode == 1, done.stderr
        told.append(json.loads(sarif.read_text()))
    suite = ET.parse(xml).getroot()
    assert (suite.tag, suite.get("tests"), suite.get("failures")) == ("testsuite", "1", "1")
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert "shell was called" in (failure.text or "")
    assert failure.get("message") == "No shell: 1 violation"
    run_of, again = (each["runs"][0] for each in told)
    assert told[0]["version"] == "2.1.0"
    assert run_of["tool"]["driver"]["rules"][0]["id"] == "no-shell"
    (result,) = run_of["results"]
    assert (result["ruleId"], result["level"]) == ("no-shell", "error")
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place == str(file)
    assert result["partialFingerprints"] == again["results"][0]["partialFingerprints"]


def test_a_files_name_in_sarif(tmp_path: Path) -> None:
    """It is a URI: blanks, number signs and letters beyond ASCII are encoded."""
    folder = tmp_path / "a b#c"
    folder.mkdir()
    file = otlp_json(folder).rename(folder / "läuft 100%.otlp.json")
    sarif = tmp_path / "out.sarif"
    done = run("check", "--rules", rules_in(tmp_path / "rules"), "--sarif", sarif, file)
    assert done.returncode == 1, done.stderr
    (result,) = json.loads(sarif.read_text())["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place == f"{tmp_path}/a%20b%23c/l%C3%A4uft%20100%25.otlp.json"


def test_examples_are_run(tmp_path: Path) -> None:
    """``rules test`` is 0 if every example means what it says, and 1 with its place if not."""
    rules = rules_in(tmp_path / "rules")
    good = run("rules", "test", "--rules", rules)
    assert (good.returncode, "1 rule, 2 examples, 0 wrong." in good.stdout) == (0, True)
    bad = run("rules", "test", "--rules", rules_in(rules, name="search"))
    assert bad.returncode == 1
    assert "no-shell: example 1 of fails does not break the rule" in bad.stdout


@pytest.mark.parametrize("command", ["test", "list"])
def test_a_folder_without_rules_is_an_error(command: str, tmp_path: Path) -> None:
    """A folder whose name is misspelt does not pass for one whose rules are all right."""
    done = run("rules", command, "--rules", tmp_path / "ruels")
    assert done.returncode == 1
    assert "There are no rules in" in done.stderr


def test_list_and_schema(tmp_path: Path) -> None:
    """The rules with their severity; a JSON Schema that editors read."""
    listed = run("rules", "list", "--rules", rules_in(tmp_path / "rules"))
    assert "no-shell" in listed.stdout
    schema = json.loads(run("rules", "schema").stdout)
    assert schema["properties"]["rules"]


# Broken by all that these tests send: once this is known, a trace was judged.
SEEN = """rules:
  - id: seen
    title: Judged
    severity: info
    scope: span
    when: span_type = 'tool'
    message: "{name} was seen"
"""


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rules folder of a server, which can be changed."""
    folder = tmp_path_factory.mktemp("rules")
    (folder / "constitution").mkdir()
    (folder / "constitution" / "seen.yaml").write_text(SEEN)
    (folder / "pricing.yaml").write_text("models: []\n")
    return folder


@pytest.fixture(scope="module")
def ruled(rules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server of that folder."""
    with running_server(tmp_path_factory.mktemp("ruled"), RULES_DIR=str(rules)) as server:
        yield server


def sent(person: Person, name: str = "shell") -> str:
    trace_id = new_trace_id()
    marks = {**TOOL, "gen_ai.tool.name": name, "session.id": "s"}
    answer = person.otlp(traces_request(span(trace_id, name=name, attributes=marks)))
    assert answer.status_code == 200
    return trace_id


@pytest.mark.parametrize("running", [True, False], ids=["running", "stopped"])
def test_history_is_judged(ruled: Server, rules: Path, running: bool) -> None:
    """What came before a rule breaks it after ``rules apply``, once; a second time there is
    nothing to change, and a rule that says otherwise withdraws it."""
    person = new_person(ruled)
    name = f"shell {running}"
    trace_id = sent(person, name)
    violation_of(person, trace_id, "seen")
    if not running:
        ruled.stop()
    file = rules / "constitution" / "rules.yaml"

    def apply() -> str:
        done = ruled.cli("rules", "apply", "--since", "all")
        assert done.returncode == 0, done.stderr
        return done.stdout

    def write(of: str) -> None:
        text = RULES.format(severity="high", name=name)
        file.write_text(text.replace("name = 'shell'", f"name = '{of}'"), "utf-8")

    try:
        write(name)
        assert "1 violation changed." in apply()
        assert "0 violations changed." in apply()
        write("another")
        assert "1 violation changed." in apply()
    finally:
        if not running:
            ruled.start()
    statuses = person.get("/api/v1/violations", trace=trace_id, status="withdrawn")
    assert [each["rule_id"] for each in statuses] == ["no-shell"]


def test_traces_of_a_server_are_checked(person: Person, tmp_path: Path) -> None:
    """By their ids and by time, with a key; without one, and for another's trace, status 2."""
    trace_id = sent(person)
    rules = rules_in(tmp_path / "gate")
    there = {"AUDITTRAIL_API_URL": person.server.api, "AUDITTRAIL_API_KEY": person.key}
    for target in ([trace_id], ["--since", "all"]):
        done = run("check", "--rules", rules, *target, **there)
        assert done.returncode == 1, done.stderr
        assert trace_id[:12] in done.stdout
    assert run("check", "--rules", rules, new_trace_id(), **there).returncode == 2
    without = run("check", "--rules", rules, trace_id, AUDITTRAIL_API_URL=person.server.api)
    assert without.returncode == 2
    assert "key with the scope read" in without.stderr
