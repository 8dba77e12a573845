"""Judging gathered traces by rules."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from audittrail.errors import SettingsError
from audittrail.receiver.judged_texts import judged_texts
from audittrail.receiver.pipeline import Pipeline
from audittrail.rules.enforcement.bench import Bench, Found
from audittrail.rules.enforcement.constitution import Constitution, RuleSet, checked
from audittrail.rules.enforcement.sandbox import Sandbox
from audittrail.rules.evaluation.judge import Judge
from audittrail.rules.evaluation.rule import Rule
from audittrail.rules.evaluation.rule_files import read_folder
from audittrail.rules.evaluation.verdict import Failure, docket_of
from audittrail.rules.pricing import Pricer
from audittrail.server.gate.gathering import OWNER, Gathering
from audittrail.storage import ViolationRow
from audittrail.storage.duckdb.store import DuckDBStore

__all__ = ["Checked", "check", "rules_of"]

_AT_ONCE = 200


class Checked(NamedTuple):
    """What was judged, and what was found. ``files`` are by trace id."""

    rules: Sequence[Rule]
    traces: int
    spans: int
    violations: Sequence[ViolationRow]
    failures: Sequence[Failure]
    files: dict[str, str]
    skipped: Sequence[str]


def rules_of(folder: Path) -> list[Rule]:
    """The rules of a folder of YAML files, or of the ``constitution`` in it.

    Raises SettingsError with every mistake: a gate that leaves out rules is none.
    """
    inner = folder / "constitution"
    chosen = inner if inner.is_dir() else folder
    read = checked(read_folder(chosen), Judge())
    if read.problems:
        told = "\n".join(f"  {problem}" for problem in read.problems)
        raise SettingsError(f"The rules in {chosen} have mistakes:\n{told}")
    rules = [each.rule for each in read.rules if each.rule.enabled]
    if not rules:
        raise SettingsError(f"There are no rules in {chosen}; name another folder with --rules.")
    return rules


def check(rules: Sequence[Rule], prices: Path, gather: Callable[[Gathering], None]) -> Checked:
    """Judge what ``gather`` puts in. Nothing of it is kept."""
    with _opened(prices) as (store, pipeline):
        gathering = Gathering(store, pipeline)
        gather(gathering)
        by_id = {rule.id: rule for rule in rules}
        chosen = RuleSet(dockets=[docket_of(rule) for rule in rules], by_id=by_id)
        found = Found([], [], {})
        heads = store.violations.heads_since(OWNER, 0, -1, 10**9)
        sandbox = Sandbox(nice=0)
        # What is in a file has ended, whether its last span says so or not.
        constitution = Constitution(prices, store.accounts)
        bench = Bench(store, constitution, sandbox, -(10**9), judged_texts)
        try:
            for first in range(0, len(heads), _AT_ONCE):
                part = heads[first : first + _AT_ONCE]
                bench.judge_by(chosen, OWNER, part, found, compare=False)
        finally:
            sandbox.close()
        unique = {row.id: row for row in found.rows}
        reasons = {failure.rule_id: failure for failure in found.failures}
        return Checked(
            rules,
            len(heads),
            sum(head.span_count for head in heads),
            list(unique.values()),
            list(reasons.values()),
            gathering.files,
            gathering.skipped,
        )


@contextmanager
def _opened(prices: Path) -> Iterator[tuple[DuckDBStore, Pipeline]]:
    with tempfile.TemporaryDirectory(prefix="audittrail-check-") as folder:
        store = DuckDBStore(Path(folder) / "check.duckdb")
        pipeline = Pipeline(store.writer, Pricer(prices))
        try:
            yield store, pipeline
        finally:
            pipeline.close()
            store.close()
