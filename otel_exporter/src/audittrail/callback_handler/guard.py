"""Nothing that goes wrong here reaches the agent."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar

from audittrail.otel_exporter.notices import Reports

__all__ = ["attempt", "guarded", "report"]

report: Final = Reports(
    logging.getLogger("audittrail.callback_handler"), "The agent is not affected."
)
_T = TypeVar("_T")
_P = ParamSpec("_P")


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
