"""Nothing that goes wrong here reaches the agent."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar

from audittrail.otel_exporter.notices import Notices

__all__ = ["attempt", "guarded", "report"]

_log: Final = logging.getLogger("audittrail.callback_handler")
_notices: Final = Notices(_log)
_T = TypeVar("_T")
_P = ParamSpec("_P")

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_notices.after_fork)


def report(what: str, error: BaseException, remedy: str = "Please report this.") -> None:
    """Log a fault, not more than once a minute for the same thing."""
    try:
        said = f"{type(error).__name__}: {error}"
    except Exception:
        said = type(error).__name__
    _notices.warning(f"{what}: %s. The agent is not affected. {remedy}", said)


def attempt(what: str, make: Callable[[], _T], otherwise: _T) -> _T:
    """What ``make`` returns, or ``otherwise`` if it fails."""
    try:
        return make()
    except Exception as error:
        report(f"{what} could not be recorded", error)
        return otherwise


def guarded(method: Callable[_P, Any]) -> Callable[_P, Any]:
    """A callback from which no exception leaves."""

    @functools.wraps(method)
    def harmless(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            method(*args, **kwargs)
        except Exception as error:
            report(f"{method.__name__} failed", error)

    return harmless
