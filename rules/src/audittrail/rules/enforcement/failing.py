"""Rules that could not be judged by: told until their text changes, and left out if they always
take too long."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final

import structlog

from audittrail.rules.enforcement.constitution import RuleSet
from audittrail.rules.evaluation.verdict import Failure

__all__ = ["TOO_LONG", "Failing"]

log = structlog.get_logger(__name__)

TOO_LONG: Final = "it took too long"
_PATIENCE: Final = 3


class Failing:
    """By owner and text of the rule. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reasons: dict[tuple[str, str], str] = {}
        self._slow: dict[tuple[str, str], int] = {}

    def note(self, owner: str, rules: RuleSet, failures: Sequence[Failure]) -> None:
        """Take what failed of one batch."""
        for failure in failures:
            rule = rules.by_id.get(failure.rule_id)
            if rule is None:
                continue
            key = (owner, rule.digest)
            reason = failure.reason
            with self._lock:
                if reason.startswith(TOO_LONG):
                    self._slow[key] = self._slow.get(key, 0) + 1
                    if self._slow[key] >= _PATIENCE:
                        reason = f"{reason}, {_PATIENCE} times: it is left out until it changes"
                known = self._reasons.get(key)
                self._reasons[key] = reason
            if known != reason:
                log.error("a rule failed", rule=failure.rule_id, reason=reason)

    def reasons(self, owner: str, rules: RuleSet) -> list[Failure]:
        """What is to be told of the rules that are in force."""
        with self._lock:
            return [
                Failure(rule.id, self._reasons[owner, rule.digest])
                for rule in rules.by_id.values()
                if (owner, rule.digest) in self._reasons
            ]

    def left_out(self, owner: str, rules: RuleSet) -> frozenset[str]:
        """Ids of rules that others should not wait for any more: it is a process for all."""
        with self._lock:
            if not self._slow:
                return frozenset()
            return frozenset(
                rule.id
                for rule in rules.by_id.values()
                if self._slow.get((owner, rule.digest), 0) >= _PATIENCE
            )
