"""Violations: what broke a rule."""

from __future__ import annotations

from typing import Any

from audittrail.dashboard.pages.mount import mount

__all__ = ["layout"]


def layout() -> Any:
    return mount("violations")
