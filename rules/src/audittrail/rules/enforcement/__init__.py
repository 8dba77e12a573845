"""Rules in force: which they are, and judging by them what arrives and what is stored."""

from __future__ import annotations

from audittrail.rules.enforcement.constitution import OWN_FILE, Constitution, OwnRules, RuleSet
from audittrail.rules.enforcement.inspector import Inspector

__all__ = ["OWN_FILE", "Constitution", "Inspector", "OwnRules", "RuleSet"]
