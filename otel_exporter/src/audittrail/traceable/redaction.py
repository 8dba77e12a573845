"""The hooks that decide what may be seen of inputs, outputs and errors."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, TypeAlias

from audittrail.content import LIMIT, to_json, to_plain
from audittrail.errors import SettingsError
from audittrail.traceable.harmless import report

__all__ = ["Kind", "Redact", "checked", "hooks", "redacted", "set_redact"]

Kind: TypeAlias = Literal["input", "output", "error"]
Redact: TypeAlias = Callable[[Kind, Any], Any]

# Far more than is kept: what a hook looks for must not be cut in two before it can see it.
_WHOLE: Final = 16 * LIMIT

_everywhere: Redact | None = None


def set_redact(hook: Redact | None) -> None:
    """The hook for all of this process; it goes after those of single functions."""
    global _everywhere
    _everywhere = None if hook is None else checked(hook)


def checked(hook: Redact) -> Redact:
    """Raises SettingsError for what cannot be a hook."""
    if not callable(hook) or inspect.iscoroutinefunction(hook):
        raise SettingsError(
            "redact must be a plain function (kind, value) -> value; it is called while spans are "
            "made, where nothing can be awaited."
        )
    return hook


def hooks(own: Redact | None) -> tuple[Redact, ...]:
    return tuple(hook for hook in (own, _everywhere) if hook is not None)


def redacted(kind: Kind, value: Any, through: Sequence[Redact]) -> str | None:
    """What may be sent of a value, as text; None if a hook failed, for then nothing may.

    A hook is given plain data that is its own: text, numbers, lists and dictionaries. What it
    changes in them changes nothing for the agent.
    """
    try:
        for hook in through:
            value = hook(kind, value if isinstance(value, str) else to_plain(value, _WHOLE))
    except Exception as error:
        report(f"the redact hook failed, so the {kind} was left out", error, _REMEDY)
        return None
    return to_json(value)


_REMEDY: Final = "Mend the hook; what it gets is text or plain data."
