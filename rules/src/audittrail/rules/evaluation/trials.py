"""Running the examples that rules have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from audittrail.rules.evaluation.examples import ExampleError, tables_of
from audittrail.rules.evaluation.judge import Judge
from audittrail.rules.evaluation.rule_files import SourcedRule
from audittrail.rules.evaluation.verdict import docket_of

__all__ = ["Trial", "run_examples"]


class Trial(NamedTuple):
    """The examples of one rule: how many there are, and which said something else."""

    rule_id: str
    examples: int
    wrong: Sequence[str]


def run_examples(rules: Sequence[SourcedRule], judge: Judge) -> list[Trial]:
    """Judge every example by its rule."""
    trials = []
    for rule, _, _ in rules:
        fails, passes = rule.examples.fails, rule.examples.passes
        wrong: list[str] = []
        examples = [(spans, True) for spans in fails] + [(spans, False) for spans in passes]
        for place, (example, breaks) in enumerate(examples):
            kind = "fails" if breaks else "passes"
            named = f"example {place + 1 if breaks else place + 1 - len(fails)} of {kind}"
            try:
                spans, traces = tables_of([example])
            except ExampleError as error:
                wrong.append(f"{named}: {error}")
                continue
            ruling = judge.judge([docket_of(rule)], spans, traces, traces)
            wrong += [f"{named}: {failure.reason}" for failure in ruling.failures]
            if bool(ruling.verdicts) != breaks:
                wrong.append(f"{named} {'does not break' if breaks else 'breaks'} the rule")
        trials.append(Trial(rule.id, len(examples), wrong))
    return trials
