"""The rules that come with AuditTrail."""

from __future__ import annotations

from typing import Final

import pytest

from audittrail.rules.enforcement.constitution import checked
from audittrail.rules.evaluation.examples import tables_of
from audittrail.rules.evaluation.judge import Judge
from audittrail.rules.evaluation.rule_files import SourcedRule, read_folder
from audittrail.rules.evaluation.trials import run_examples
from audittrail.rules.evaluation.verdict import docket_of
from audittrail.rules.shipped import default_rules_dir

READ: Final = read_folder(default_rules_dir() / "constitution")
RULES: Final = {each.rule.id: each for each in READ.rules}


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge()


def test_all_can_be_judged_by(judge: Judge) -> None:
    """There are at least 20, and nothing is wrong with any."""
    assert checked(READ, judge).problems == []
    assert len(RULES) >= 20


@pytest.mark.parametrize("each", RULES.values(), ids=RULES)
def test_examples(each: SourcedRule, judge: Judge) -> None:
    """Each rule has an example that breaks it and one that does not, and finds the one and not
    the other."""
    assert each.rule.examples.fails
    assert each.rule.examples.passes
    (trial,) = run_examples([each], judge)
    assert trial.wrong == []


@pytest.mark.parametrize("each", RULES.values(), ids=RULES)
def test_what_is_said(each: SourcedRule, judge: Judge) -> None:
    """The message of a violation has a value in each of its places, and no rule's example says
    what secret or personal data was found."""
    for example in each.rule.examples.fails:
        spans, traces = tables_of([example])
        for verdict in judge.judge([docket_of(each.rule)], spans, traces, traces).verdicts:
            message = each.rule.filled(verdict.values)
            assert "{" not in message
            assert "unknown" not in message
            for hidden in ("sk-shop", "4111", "jana.novak", "AKIA"):
                assert hidden not in message


def test_risks_are_named() -> None:
    """Rules about a risk of OWASP's lists have its tag and name where it is from."""
    tagged = [each.rule for each in READ.rules if any("owasp" in tag for tag in each.rule.tags)]
    assert len(tagged) >= 15
    for rule in tagged:
        assert rule.references, rule.id
