"""What a generator gave, as far as it is kept."""

from __future__ import annotations

from typing import Any, Final

from opentelemetry.sdk import trace as sdk

from audittrail import semconv
from audittrail.content import LIMIT, to_json, to_plain
from audittrail.traceable.answers import Chunks
from audittrail.traceable.harmless import report
from audittrail.traceable.plan import Plan
from audittrail.traceable.step import Step

__all__ = ["Items"]

_MOST: Final = 1_000
_COUNT: Final = "items"


class Items:
    """Collects for one step. Items are copied when they come: the caller may change them."""

    def __init__(self, plan: Plan, step: Step) -> None:
        self._plan = plan
        self._step = step
        self._count = 0
        self._room = LIMIT
        self._kept: list[Any] = []
        self._all_text = True
        self._chunks = Chunks()

    def add(self, item: Any) -> None:
        """Never raises."""
        if not self._step.recording:
            return
        try:
            self._add(item)
        except Exception as error:
            report("an item could not be recorded", error)

    def finish(self, returned: Any = None, *, closed: bool = False) -> None:
        """Record the output of the step. Never raises."""
        if not self._step.recording:
            return
        try:
            self._finish(returned)
            if closed:
                self._step.add_event("closed early", {_COUNT: self._count})
        except Exception as error:
            report("the items could not be recorded", error)

    def _add(self, item: Any) -> None:
        self._count += 1
        if self._plan.span_type == "llm":
            if self._count == 1:
                self._step.set_attributes({semconv.TTFT_MS: _milliseconds_since_start(self._step)})
            text = self._chunks.text_of(item)
            item = item if text is None else text
        if not self._plan.capture_output:
            return
        is_text = isinstance(item, str)
        if is_text and self._all_text:
            if self._room > 0:
                self._kept.append(item)
                self._room -= len(item)
            return
        if self._all_text:
            self._all_text = False
            self._kept = self._kept[:_MOST]
        if self._room > 0 and len(self._kept) < _MOST:
            plain = to_plain(item, self._room)
            self._kept.append(plain)
            self._room -= len(to_json(plain)) + 2

    def _finish(self, returned: Any) -> None:
        self._step.set_attributes(self._chunks.attributes)
        if not self._plan.capture_output or self._step.output_given:
            return
        output: Any = self._kept
        left_out = self._count - len(self._kept)
        if self._all_text and self._kept:
            output = "".join(self._kept)
            if left_out:
                output += f"… [truncated: {left_out:,} more items]"
        elif left_out:
            output = [*self._kept, f"… [truncated: {left_out:,} more items]"]
        if returned is not None:
            output = {"items": output, "returned": returned}
        self._step.set_output(output)


def _milliseconds_since_start(step: Step) -> float | None:
    started = getattr(step.span, "start_time", None)
    # The clock that the span itself reads.
    now: int = sdk.time_ns()  # type: ignore[attr-defined]  # the SDK does not list it
    return None if started is None else max(0, now - started) / 1e6
