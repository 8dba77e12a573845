"""One trace: its header, its four views, and the details of the selected span."""

from __future__ import annotations

from typing import Any

from audittrail.dashboard.pages.mount import mount

__all__ = ["layout"]


def layout(trace_id: str) -> Any:
    return mount("trace", trace=trace_id)
