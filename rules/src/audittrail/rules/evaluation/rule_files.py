"""Reading rules from YAML: every mistake with its file, its line and what to do.

A mistake costs the rule that has it and no other: the rest of the file counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml
from pydantic import ValidationError

from audittrail.rules.evaluation.rule import Rule, RuleFile
from audittrail.rules.yaml_text import construct

__all__ = ["Problem", "Read", "SourcedRule", "json_schema", "read_folder", "read_text"]

_MAX_BYTES: Final = 1_000_000
_MAX_RULES: Final = 500
_HINTS: Final = {
    "extra_forbidden": "there is no such field; see `audittrail rules schema`",
    "missing": "it is missing",
}


class Problem(NamedTuple):
    """A mistake in a file; ``rule`` is the id of the rule that has it, if it has one."""

    file: str
    line: int
    rule: str | None
    message: str

    def __str__(self) -> str:
        named = f" rule {self.rule}:" if self.rule else ""
        return f"{self.file}:{self.line}:{named} {self.message}"


class SourcedRule(NamedTuple):
    """A rule, and where its text stands."""

    rule: Rule
    file: str
    line: int


class Read(NamedTuple):
    """What was found: the rules that can be judged, and what is wrong with the others."""

    rules: Sequence[SourcedRule]
    problems: Sequence[Problem]


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a rule file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "AuditTrail constitution",
        **RuleFile.model_json_schema(),
    }


def read_folder(folder: Path) -> Read:
    """All ``*.yaml`` and ``*.yml`` files of a folder; a folder that is not there has no rules."""
    rules: list[SourcedRule] = []
    problems: list[Problem] = []
    names = [*folder.glob("*.yaml"), *folder.glob("*.yml")] if folder.is_dir() else []
    for path in sorted(names):
        try:
            data = path.read_bytes()
            text = data.decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            problems.append(Problem(path.name, 1, None, f"cannot be read: {error}"))
            continue
        read = read_text(text, path.name)
        rules += read.rules
        problems += read.problems
    return _unique(Read(rules, problems))


def read_text(text: str, file: str) -> Read:
    """The rules of one file's text."""
    if len(text) > _MAX_BYTES:
        return Read((), [Problem(file, 1, None, f"is larger than {_MAX_BYTES:,} characters")])
    try:
        root, content = construct(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error)
        line = mark.line + 1 if mark is not None else 1
        return Read((), [Problem(file, line, None, f"is no YAML: {reason}")])
    if content is None:
        return Read((), ())
    if not isinstance(content, dict) or not isinstance(content.get("rules", []), list):
        wanted = "must begin with `rules:` and a list of rules below it"
        return Read((), [Problem(file, 1, None, wanted)])
    problems = [
        Problem(file, _line(root, (name,)), None, f"{name}: {_HINTS['extra_forbidden']}")
        for name in content
        if name != "rules"
    ]
    rules = []
    entries = content.get("rules") or []
    if len(entries) > _MAX_RULES:
        problems.append(Problem(file, 1, None, f"has more than {_MAX_RULES} rules; split it"))
        entries = entries[:_MAX_RULES]
    for place, entry in enumerate(entries):
        line = _line(root, ("rules", place))
        try:
            rules.append(SourcedRule(Rule.model_validate(entry), file, line))
        except ValidationError as error:
            problems += _told(error, entry, file, root, place)
    return _unique(Read(rules, problems))


def _unique(read: Read) -> Read:
    """Without rules whose id came before: which one counts must not hang on the order of files."""
    seen: dict[str, SourcedRule] = {}
    problems = list(read.problems)
    for each in read.rules:
        first = seen.setdefault(each.rule.id, each)
        if first is not each:
            where = f"{first.file}:{first.line}"
            problems.append(
                Problem(each.file, each.line, each.rule.id, f"the id is used already in {where}")
            )
    return Read(list(seen.values()), problems)


def _told(
    error: ValidationError, entry: Any, file: str, root: Any, place: int
) -> Iterator[Problem]:
    name = entry.get("id") if isinstance(entry, dict) else None
    for each in error.errors():
        steps = tuple(each["loc"])
        message = each["msg"].removeprefix("Value error, ")
        field, separator, rest = message.partition(": ")
        if separator and field in ("when", "message"):
            steps, message = (field,), rest
        message = _HINTS.get(each["type"], message)
        shown = ".".join(str(step) for step in steps)
        yield Problem(
            file,
            _line(root, ("rules", place, *steps)),
            name if isinstance(name, str) else None,
            f"{shown}: {message}" if shown else message,
        )


def _line(root: Any, steps: Sequence[int | str]) -> int:
    """The line (from 1) of the deepest part of this path that the file has."""
    node = root
    line = node.start_mark.line if node is not None else 0
    for step in steps:
        found = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == step:
                    line, found = key.start_mark.line, value
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            found = node.value[step] if step < len(node.value) else None
            line = found.start_mark.line if found is not None else line
        if found is None:
            break
        node = found
    return int(line) + 1
