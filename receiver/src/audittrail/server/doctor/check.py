"""What a check says."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

__all__ = ["Check", "Status", "failed", "ok", "warning"]

Status: TypeAlias = Literal["ok", "warning", "failed"]


class Check(NamedTuple):
    """What one check found, and how to mend it where it is not ok."""

    name: str
    status: Status
    found: str
    remedy: str | None = None


def ok(name: str, found: str) -> Check:
    return Check(name, "ok", found)


def warning(name: str, found: str, remedy: str) -> Check:
    return Check(name, "warning", found, remedy)


def failed(name: str, found: str, remedy: str) -> Check:
    return Check(name, "failed", found, remedy)
