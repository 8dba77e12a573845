"""The rules that come with AuditTrail."""

from __future__ import annotations

from pathlib import Path

__all__ = ["default_rules_dir"]


def default_rules_dir() -> Path:
    """``rules/`` of a checkout, or the copy in an installed package."""
    here = Path(__file__).resolve().parent
    checkout = here.parents[2]
    return checkout if (checkout / "src").is_dir() else here
