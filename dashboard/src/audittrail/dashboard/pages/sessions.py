"""Sessions: traces of one conversation."""

from __future__ import annotations

from typing import Any

from audittrail.dashboard.pages.mount import mount

__all__ = ["layout", "layout_list"]


def layout_list() -> Any:
    return mount("sessions")


def layout(session_id: str) -> Any:
    """``session_id`` as it stands in the address."""
    return mount("session", session=session_id)
