"""What goes wrong here is logged, and does not reach the agent."""

from __future__ import annotations

import logging
import os
from typing import Final

from audittrail.otel_exporter.notices import Notices

__all__ = ["report"]

_log: Final = logging.getLogger("audittrail.traceable")
_notices: Final = Notices(_log)

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_notices.after_fork)


def report(what: str, error: BaseException, remedy: str = "Please report this.") -> None:
    """Log a fault, not more than once a minute for the same thing."""
    try:
        said = f"{type(error).__name__}: {error}"
    except Exception:
        said = type(error).__name__
    _notices.warning(f"{what}: %s. The traced code is not affected. {remedy}", said)
