"""What may be sent of inputs and outputs: all of it, what the redact hook leaves, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from audittrail.callback_handler.guard import attempt
from audittrail.traceable.redaction import Kind, Redact, checked, hooks, redacted

__all__ = ["Content", "Redact"]

_FAILED: Final = object()


class Content:
    """Turns values into what is sent of them.

    The hook is that of ``traceable``: it gets the kind (input, output or error) and plain data,
    and returns what may be seen. If it fails, nothing is sent. A hook for all of the process
    (``traceable.set_redact``) goes after it.
    """

    def __init__(self, capture: bool, redact: Redact | None) -> None:
        self.capture = capture
        self.redact = None if redact is None else checked(redact)

    def text(self, kind: Kind, make: Callable[[], Any]) -> str | None:
        """What ``make`` returns, as JSON (text stays text); None if it must not be sent."""
        if not self.capture:
            return None
        value = attempt(f"the {kind}", make, _FAILED)
        if value is _FAILED:
            return None
        return redacted(kind, value, hooks(self.redact))

    def calls(self, calls: list[dict[str, Any]]) -> str | None:
        """Tool calls. Which tools were called is no content; with what is."""
        if not calls:
            return None
        if (whole := self.text("output", lambda: calls)) is not None:
            return whole
        return redacted("output", [{**call, "arguments": None} for call in calls], ())

    def error(self, said: str) -> str | None:
        """What an error says may quote what it failed on, so the hook sees it too."""
        return redacted("error", said, hooks(self.redact))
