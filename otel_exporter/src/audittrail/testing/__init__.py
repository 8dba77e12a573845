"""For tests of agents: the spans that a piece of code makes, the same ones in every run.

with capture() as spans:
    my_agent("Weather in Paris?")
assert spans["search"].output == "mild"
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from audittrail.testing.capturing import capture
    from audittrail.testing.clock import SpanClock, deterministic_clock
    from audittrail.testing.ids import CountingIds, deterministic_ids
    from audittrail.testing.spans import CapturedSpan, Spans

__all__ = [
    "CapturedSpan",
    "CountingIds",
    "SpanClock",
    "Spans",
    "capture",
    "deterministic_clock",
    "deterministic_ids",
]

# Imported once they are asked for: the model server beside them needs none of OpenTelemetry.
_MODULES: Final = {
    "CapturedSpan": "spans",
    "CountingIds": "ids",
    "SpanClock": "clock",
    "Spans": "spans",
    "capture": "capturing",
    "deterministic_clock": "clock",
    "deterministic_ids": "ids",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
