"""Judging what is stored: idle traces, large ones, hostile rules, restarts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from audittrail.errors import ShuttingDown
from audittrail.receiver.judged_texts import judged_texts
from audittrail.rules.enforcement import inspector as inspecting
from audittrail.rules.enforcement.constitution import Constitution, RuleSet
from audittrail.rules.enforcement.failing import Failing
from audittrail.rules.enforcement.inspector import Inspector
from audittrail.rules.evaluation.examples import tables_of
from audittrail.rules.evaluation.rule_files import read_text
from audittrail.rules.evaluation.verdict import Failure, docket_of
from audittrail.storage import ViolationQuery
from audittrail.storage.duckdb.store import DuckDBStore
from tests.support.facts import batch, fact

RULES = """rules:
  - {id: dear, title: Dear, severity: low, scope: span, when: cost > 1, message: so}
  - {id: many, title: Many, severity: low, scope: trace, when: span_count > 2, message: so}
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDBStore]:
    (tmp_path / "constitution").mkdir()
    (tmp_path / "constitution" / "rules.yaml").write_text(RULES, "utf-8")
    opened = DuckDBStore(tmp_path / "a.duckdb")
    yield opened
    opened.close()


def inspector(store: DuckDBStore, tmp_path: Path, idle_s: float = 600) -> Inspector:
    constitution = Constitution(tmp_path, store.accounts)
    return Inspector(store, constitution, idle_ns=round(idle_s * 1e9), texts=judged_texts)


def broken(store: DuckDBStore) -> list[str]:
    with store.read("ada") as reader:
        return sorted(row["rule_id"] for row in reader.list_violations(ViolationQuery()).rows)


def until(store: DuckDBStore, rules: list[str]) -> None:
    end = time.monotonic() + 20
    while broken(store) != rules:
        assert time.monotonic() < end, broken(store)
        time.sleep(0.02)


def test_what_came_while_nobody_judged(store: DuckDBStore, tmp_path: Path) -> None:
    """It is judged after the next start; what was judged is not judged again."""
    first = inspector(store, tmp_path)
    first.start()
    first.close()
    store.writer.append(batch("ada", fact("t", "s", cost=2.0, cost_source="agent"))).result(30)
    second = inspector(store, tmp_path)
    second.start()
    until(store, ["dear"])
    second.close()
    third = inspector(store, tmp_path)
    third.start()
    third.close()
    assert third.judged_seq == second.judged_seq
    assert store.maintenance.check().problems == []


def test_a_trace_that_fell_silent_has_ended(
    store: DuckDBStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule for whole traces waits for the end, or for as long as a trace may be silent."""
    # Such traces are looked for every so many seconds, not every 10.
    monkeypatch.setattr(inspecting, "_QUIET_SECONDS", 2.0)
    running = [fact("t", name, phase=1, end_ns=None) for name in ("a", "b", "c")]
    judging = inspector(store, tmp_path, idle_s=1.0)
    judging.start()
    sent = time.monotonic()
    store.writer.append(batch("ada", *running)).result(30)
    until(store, ["many"])
    assert time.monotonic() - sent >= 1.0
    judging.close()


def test_a_large_trace(store: DuckDBStore, tmp_path: Path) -> None:
    """Of a trace of many spans each that breaks a rule is found, also one that comes later, and
    what was found before stays."""
    judging = inspector(store, tmp_path)
    judging.start()
    spans = [fact("t", f"{n:016x}", parent_span_id="f" * 16) for n in range(2500)]
    dear = fact("t", "d" * 16, parent_span_id="f" * 16, cost=2.0, cost_source="agent")
    store.writer.append(batch("ada", *spans, dear)).result(30)
    until(store, ["dear"])
    again = fact("t", "e" * 16, parent_span_id="f" * 16, cost=3.0, cost_source="agent")
    store.writer.append(batch("ada", again)).result(30)
    until(store, ["dear", "dear"])
    store.writer.append(batch("ada", fact("t", "f" * 16))).result(30)
    until(store, ["dear", "dear", "many"])
    judging.close()
    assert store.maintenance.check().problems == []


def test_a_rule_that_always_takes_too_long_is_left_out() -> None:
    """After three times, for its owner and as long as its text is the same; it is told of."""
    (rule, other) = (each.rule for each in read_text(RULES, "x").rules)
    rules = RuleSet(dockets=[docket_of(rule)], by_id={rule.id: rule, other.id: other})
    failing = Failing()
    for count in range(3):
        assert failing.left_out("ada", rules) == frozenset()
        failing.note("ada", rules, [Failure("dear", "it took too long")])
        assert len(failing.reasons("ada", rules)) == 1, count
    assert failing.left_out("ada", rules) == {"dear"}
    assert failing.left_out("bob", rules) == frozenset()
    changed = rule.model_copy(update={"when": "cost > 2"})
    assert failing.left_out("ada", RuleSet(by_id={"dear": changed})) == frozenset()
    assert failing.reasons("ada", RuleSet(by_id={"dear": changed})) == []


def test_deleting_takes_violations_along(store: DuckDBStore, tmp_path: Path) -> None:
    """With the trace; the store's own check finds nothing wrong before and after."""
    judging = inspector(store, tmp_path)
    judging.start()
    store.writer.append(batch("ada", fact("t", "s", cost=2.0, cost_source="agent"))).result(30)
    until(store, ["dear"])
    judging.close()
    assert store.maintenance.check().problems == []
    with store.read("ada") as reader:
        (trace_id,) = {row["trace_id"] for row in reader.list_violations(ViolationQuery()).rows}
    assert store.writer.delete_trace("ada", trace_id).result(30)
    assert broken(store) == []
    assert store.maintenance.check().problems == []


def test_a_stop_does_not_wait_for_rules(store: DuckDBStore, tmp_path: Path) -> None:
    """What is being judged is left, however much it is, no process is started again for the rest,
    and it is judged after the next start."""
    judging = inspector(store, tmp_path)
    judging.start()
    for number in range(10):
        spans = [fact(f"t{number}-{name}", "s", cost=2.0, cost_source="agent") for name in "abcd"]
        store.writer.append(batch("ada", *spans)).result(30)
    sandbox = judging._sandbox
    judging.close()
    dockets = [docket_of(each.rule) for each in read_text(RULES, "x").rules]
    with pytest.raises(ShuttingDown):
        sandbox.judge(dockets, *tables_of([]), tables_of([])[1])
    assert sandbox._process is None
    again = inspector(store, tmp_path)
    again.start()
    until(store, ["dear"] * 40)
    again.close()


def test_a_trace_of_very_long_texts(store: DuckDBStore, tmp_path: Path) -> None:
    """A span rule sees each of its texts, those of the last spans too; a trace rule sees all spans,
    with texts that are cut; a trace of ordinary size beside it is judged too."""
    (tmp_path / "constitution" / "rules.yaml").write_text(
        """rules:
  - {id: needle, title: Needle, severity: low, scope: span, when: "contains(input, 'needle')",
     message: so}
  - {id: begun, title: Begun, severity: low, scope: trace, message: so,
     when: "count_spans(starts_with(input, 'hay 0 in')) > 299"}
""",
        "utf-8",
    )
    judging = inspector(store, tmp_path)
    judging.start()
    # 300 histories of 250 KB, which are stored in 250 KB.
    hay = "".join(f"hay {number} in a stack, " for number in range(11_500))
    spans = [fact("t", f"s{number}", span_type="llm") for number in range(300)]
    inputs = [hay] * 299 + [hay + "needle"]
    store.writer.append(batch("ada", *spans, columns={"input": inputs})).result(30)
    plain = batch("ada", fact("u", "s", span_type="llm"), columns={"input": ["needle"]})
    store.writer.append(plain).result(30)
    until(store, ["begun", "needle", "needle"])
    judging.close()
    with store.read("ada") as reader:
        rows = reader.list_violations(ViolationQuery()).rows
    found = {(row["rule_id"], row["trace_id"], row["span_id"]) for row in rows}
    assert found == {("needle", "t", "s299"), ("needle", "u", "s"), ("begun", "t", None)}
