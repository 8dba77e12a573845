"""A rule as a file has it."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from audittrail.rules.evaluation.conditions import Compiled, compile_expression
from audittrail.rules.evaluation.functions import ConditionError
from audittrail.rules.evaluation.vocabulary import COLUMNS
from audittrail.rules.severity import Severity

__all__ = ["Examples", "Rule", "RuleFile", "Scope"]

Scope: TypeAlias = Literal["span", "trace", "session"]

_PLACE: Final = re.compile(r"\{([^{}]+)\}")
# What kind of secret or data it is begins a sentence; names of tools and models are as they are.
_KIND: Final = re.compile(r"\{\s*(secret|personal_data)_kind\(")
_Words = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=50)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Examples(_Strict):
    """Traces that show what a rule means: each a list of spans by the columns of a span. What an
    example leaves out is filled in: ids, times, a status."""

    fails: Annotated[list[list[dict[str, Any]]], Field(description="Each breaks the rule.")] = []
    passes: Annotated[list[list[dict[str, Any]]], Field(description="None breaks it.")] = []


class Rule(_Strict):
    """One rule: what must not be true, and how to say so."""

    id: Annotated[
        str,
        Field(
            pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
            max_length=80,
            description="Unique among all files. Verdicts, waivers and links name it.",
        ),
    ]
    title: Annotated[str, Field(min_length=1, max_length=120, description="A line, for lists.")]
    description: Annotated[
        str, Field(max_length=4000, description="Why the rule is there, and what to do.")
    ] = ""
    severity: Annotated[Severity, Field(description="How grave it is to break it.")]
    scope: Annotated[Scope, Field(description="What the condition is about.")]
    when: Annotated[
        str, Field(min_length=1, description="A SQL condition that is true where it is broken.")
    ]
    message: Annotated[
        str,
        Field(
            min_length=1,
            max_length=500,
            description="What to say of a violation. {...} holds an expression: {name}, {cost}.",
        ),
    ]
    tags: Annotated[_Words, Field(description="For filters: owasp-llm01, cost, ...")] = []
    references: Annotated[_Words, Field(description="Where the rule comes from.")] = []
    enabled: Annotated[bool, Field(description="false: keep the text, judge nothing.")] = True
    environments: Annotated[
        _Words, Field(description="Only there; everywhere if none is named.")
    ] = []
    while_running: Annotated[
        bool,
        Field(
            description="Trace rules only: judge traces that still run as well. For what can only "
            "get worse, such as budgets."
        ),
    ] = False
    examples: Annotated[Examples, Field(description="`audittrail rules test` runs them.")] = (
        Examples()
    )

    @field_validator("when")
    @classmethod
    def _readable(cls, when: str) -> str:
        return when.strip()

    @model_validator(mode="after")
    def _compilable(self) -> Self:
        if self.while_running and self.scope != "trace":
            raise ValueError("while_running is for trace rules; span rules are judged at once")
        if self.environments and "environment" not in COLUMNS[self.scope]:
            raise ValueError("environments cannot be told here")
        try:
            compile_expression(self.when, self.scope)
        except ConditionError as error:
            raise ValueError(f"when: {error}") from None
        for place in self.places:
            try:
                compile_expression(place, self.scope, short=True)
            except ConditionError as error:
                raise ValueError(f"message: {{{place}}}: {error}") from None
        return self

    @property
    def places(self) -> list[str]:
        """The expressions of the message, in order."""
        return _PLACE.findall(self.message)

    def compiled(self) -> tuple[Compiled, list[str]]:
        """The condition, and the SQL of each place in the message; they share aggregates."""
        found = compile_expression(self.when, self.scope)
        condition, evidence, witnesses = found.sql, list(found.evidence), list(found.witnesses)
        places = [
            compile_expression(place, self.scope, found, short=True).sql for place in self.places
        ]
        # What only the message counts is no witness.
        witnesses += [None] * (len(found.aggregates) - len(witnesses))
        found.sql, found.evidence, found.witnesses = condition, evidence, witnesses
        return found, places

    def filled(self, values: list[Any]) -> str:
        """The message with these values in its places. A name at its start stays as it is."""
        told = iter(values)
        text = _PLACE.sub(lambda _: _told(next(told)), self.message)
        named = self.message.startswith("{") and not _KIND.match(self.message)
        return text if named else text[:1].upper() + text[1:]

    @property
    def digest(self) -> str:
        """Of everything that a verdict rests on."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]

    @property
    def text(self) -> str:
        """The rule as JSON, without its examples; what a verdict is kept with."""
        return json.dumps(self.model_dump(exclude={"examples"}), sort_keys=True, ensure_ascii=False)


class RuleFile(_Strict):
    """A file of a constitution."""

    rules: Annotated[list[Rule], Field(description="The rules, in any order.")] = []


def _told(value: Any) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1e6 else f"{value:,.0f}"
    text = str(value)
    return text if len(text) <= 200 else text[:197] + "..."
