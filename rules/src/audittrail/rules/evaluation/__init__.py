"""The constitution: rules over what agents do, read, compiled and judged.

``rule`` is the format, ``conditions`` its language, ``judge`` what says whether a rule is broken.
"""

from __future__ import annotations

from audittrail.rules.evaluation.examples import ExampleError, tables_of
from audittrail.rules.evaluation.judge import Judge
from audittrail.rules.evaluation.rule import Rule, RuleFile
from audittrail.rules.evaluation.rule_files import (
    Problem,
    Read,
    SourcedRule,
    json_schema,
    read_folder,
    read_text,
)
from audittrail.rules.evaluation.verdict import Docket, Failure, Ruling, Verdict, docket_of

__all__ = [
    "Docket",
    "ExampleError",
    "Failure",
    "Judge",
    "Problem",
    "Read",
    "Rule",
    "RuleFile",
    "Ruling",
    "SourcedRule",
    "Verdict",
    "docket_of",
    "json_schema",
    "read_folder",
    "read_text",
    "tables_of",
]
