"""The rules in force: those of the server's folder, for everybody, and each owner's own."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import structlog

from audittrail.rules.evaluation.judge import Judge
from audittrail.rules.evaluation.rule import Rule
from audittrail.rules.evaluation.rule_files import (
    Problem,
    Read,
    SourcedRule,
    read_folder,
    read_text,
)
from audittrail.rules.evaluation.verdict import Docket, docket_of
from audittrail.storage import AccountStore

__all__ = ["OWN_FILE", "Constitution", "OwnRules", "RuleSet", "checked"]

log = structlog.get_logger(__name__)

OWN_FILE: Final = "your rules"
_SETTING: Final = "rules.own"


@dataclass(frozen=True, slots=True)
class OwnRules:
    """What an owner set: rules of their own, as YAML, and ids of the server's that are off."""

    text: str = ""
    off: tuple[str, ...] = ()

    def as_json(self) -> str:
        return json.dumps({"text": self.text, "off": list(self.off)})

    @classmethod
    def from_json(cls, value: str | None) -> OwnRules:
        if value is None:
            return cls()
        said: dict[str, Any] = json.loads(value)
        return cls(said["text"], tuple(said["off"]))


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules, and what is wrong with those that are not among them. ``own`` are ids of the
    owner's own rules."""

    rules: Sequence[SourcedRule] = ()
    problems: Sequence[Problem] = ()
    own: frozenset[str] = frozenset()
    off: frozenset[str] = frozenset()
    dockets: Sequence[Docket] = ()
    by_id: Mapping[str, Rule] = field(default_factory=dict)

    @property
    def texts(self) -> dict[str, tuple[str, str]]:
        """(id, text) by digest."""
        return {rule.digest: (rule.id, rule.text) for rule in self.by_id.values()}


def checked(read: Read, judge: Judge) -> Read:
    """Without the rules that DuckDB would not run, such as one with a pattern that is none."""
    rules, problems = [], list(read.problems)
    reasons = judge.check([docket_of(each.rule) for each in read.rules])
    for each in read.rules:
        reason = reasons.get(each.rule.id)
        if reason is None:
            rules.append(each)
        else:
            problems.append(Problem(each.file, each.line, each.rule.id, f"when: {reason}"))
    return Read(rules, problems)


class Constitution:
    """Thread-safe. A file that goes wrong keeps the rules that it had before, with its problems
    beside them, until it is mended: no rule is dropped silently."""

    def __init__(self, rules_dir: Path, accounts: AccountStore) -> None:
        self.folder = rules_dir / "constitution"
        self._accounts = accounts
        self._lock = threading.RLock()
        self._judge = Judge()
        self._stamps: dict[str, tuple[int, int]] | None = None
        self._shared = Read((), ())
        self._sets: dict[str, RuleSet] = {}
        self._read()

    def refresh(self) -> bool:
        """Read the folder again if anything in it changed; True if rules may differ now."""
        changed = self._read()
        if changed:
            self.tell()
        return changed

    def tell(self) -> None:
        """Say in the log what was read."""
        shared = self._shared
        for problem in shared.problems:
            log.error("rule not taken", problem=str(problem))
        log.info("rules read", rules=len(shared.rules), problems=len(shared.problems))

    def _read(self) -> bool:
        stamps = _stamps(self.folder)
        with self._lock:
            if stamps == self._stamps:
                return False
            self._stamps = stamps
            found = checked(read_folder(self.folder), self._judge)
            self._shared = Read(self._kept(found), found.problems)
            self._sets.clear()
        return True

    def _kept(self, found: Read) -> list[SourcedRule]:
        """The rules, and the former text of those that have a mistake in them now."""
        rules = {each.rule.id: each for each in found.rules}
        broken = {problem.rule for problem in found.problems}
        unreadable = {problem.file for problem in found.problems if problem.rule is None}
        for each in self._shared.rules:
            if each.rule.id in broken or each.file in unreadable:
                rules.setdefault(each.rule.id, each)
        return list(rules.values())

    def own(self, owner: str) -> OwnRules:
        return OwnRules.from_json(self._accounts.setting(owner, _SETTING))

    def read_own(self, text: str) -> Read:
        """What an owner's text would be, without setting it."""
        with self._lock:
            read = checked(read_text(text, OWN_FILE), self._judge)
            shared = {each.rule.id for each in self._shared.rules}
        problems = list(read.problems)
        for each in read.rules:
            if each.rule.id in shared:
                taken = "the id is one of the server's rules; choose another"
                problems.append(Problem(each.file, each.line, each.rule.id, taken))
        return Read([each for each in read.rules if each.rule.id not in shared], problems)

    def set_own(self, owner: str, own: OwnRules) -> None:
        self._accounts.set_setting(owner, _SETTING, own.as_json())
        with self._lock:
            self._sets.pop(owner, None)

    def rules_for(self, owner: str) -> RuleSet:
        """What this owner's data is judged by."""
        with self._lock:
            found = self._sets.get(owner)
            if found is None:
                found = self._sets[owner] = self._build(owner)
            return found

    def _build(self, owner: str) -> RuleSet:
        own = self.own(owner)
        read = self.read_own(own.text) if own.text else Read((), ())
        rules = [*self._shared.rules, *read.rules]
        off = frozenset(own.off)
        active = [each.rule for each in rules if each.rule.enabled and each.rule.id not in off]
        return RuleSet(
            rules=rules,
            problems=[*self._shared.problems, *read.problems],
            own=frozenset(each.rule.id for each in read.rules),
            off=off,
            dockets=[docket_of(rule) for rule in active],
            by_id={rule.id: rule for rule in active},
        )


def _stamps(folder: Path) -> dict[str, tuple[int, int]]:
    stamps = {}
    for pattern in ("*.yaml", "*.yml"):
        for path in folder.glob(pattern):
            try:
                found = path.stat()
            except OSError:
                continue
            stamps[path.name] = (found.st_mtime_ns, found.st_size)
    return stamps
