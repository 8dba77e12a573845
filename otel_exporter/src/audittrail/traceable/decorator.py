"""``@traceable``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar, overload

from audittrail.errors import SettingsError
from audittrail.traceable.plan import Plan
from audittrail.traceable.redaction import Redact
from audittrail.traceable.wrappers import wrap

__all__ = ["traceable"]

# The very type of what is decorated, so that nothing of it is lost: parameters, overloads, being
# a coroutine function.
_F = TypeVar("_F", bound="Callable[..., Any] | classmethod[Any, Any, Any] | staticmethod[Any, Any]")


class _Decorator(Protocol):
    def __call__(self, function: _F, /) -> _F: ...


@overload
def traceable(function: _F, /) -> _F: ...
@overload
def traceable(
    *,
    span_type: str = "custom",
    name: str | None = None,
    capture_input: bool = True,
    capture_output: bool = True,
    redact: Redact | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> _Decorator: ...
def traceable(
    function: Any = None,
    /,
    *,
    span_type: str = "custom",
    name: str | None = None,
    capture_input: bool = True,
    capture_output: bool = True,
    redact: Redact | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> Any:
    """Make each call a span: of a function, a coroutine function, a generator or an async one.

    The arguments are recorded by the names of their parameters, and what is returned or yielded;
    an exception too, with its stack. Cancellation, and a generator that is closed early, are noted
    but are no errors. ``redact(kind, value)`` returns what may be recorded in the place of an
    input, an output or an error's text; if it raises, nothing is.
    """

    def decorate(decorated: Any) -> Any:
        if isinstance(decorated, classmethod | staticmethod):
            return type(decorated)(decorate(decorated.__func__))
        if isinstance(decorated, type) or not callable(decorated):
            raise SettingsError(
                f"@traceable is for functions and methods, not for a {type(decorated).__name__}; "
                "put it on the method, below @property and the like"
            )
        plan = Plan(decorated, span_type, name, capture_input, capture_output, redact, attributes)
        return wrap(decorated, plan)

    return decorate if function is None else decorate(function)
