"""What a function was called with, by the names of its parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Final

__all__ = ["Inputs"]

_SELF: Final = ("self", "cls", "mcs")


class Inputs:
    """Reads the arguments of calls of one function."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._signature: inspect.Signature | None
        try:
            self._signature = inspect.signature(function)
        except Exception:  # some functions written in C say nothing of theirs
            self._signature = None
        names = [] if self._signature is None else list(self._signature.parameters)
        self._self = names[0] if names and names[0] in _SELF else None

    def read(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """All parameters, with the defaults of those that were not given."""
        if self._signature is not None:
            try:
                bound = self._signature.bind(*args, **kwargs)
            except TypeError:  # the function will say so itself
                pass
            else:
                bound.apply_defaults()
                return self._named(bound.arguments)
        return {"args": list(args), "kwargs": kwargs}

    def _named(self, arguments: dict[str, Any]) -> dict[str, Any]:
        assert self._signature is not None
        found: dict[str, Any] = {}
        for name, value in arguments.items():
            kind = self._signature.parameters[name].kind
            if name == self._self:
                continue
            if kind is inspect.Parameter.VAR_KEYWORD:
                found.update({key: each for key, each in value.items() if key not in found})
            elif kind is not inspect.Parameter.VAR_POSITIONAL or value:
                found[name] = value
        return found
