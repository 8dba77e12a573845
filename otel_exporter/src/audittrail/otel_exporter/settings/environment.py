"""Reading environment variables: what is wrong is logged, and the default taken."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from typing import Final, TypeVar
from urllib.parse import unquote

__all__ = ["Environment"]

_log = logging.getLogger(__name__)
_TRUE: Final = frozenset({"true", "1", "yes", "on"})
_FALSE: Final = frozenset({"false", "0", "no", "off"})
T = TypeVar("T")


class Environment:
    """The variables of a process. An empty one counts as not set, as OpenTelemetry has it."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = os.environ if variables is None else variables

    def ignored(self, why: str) -> None:
        """Log that a variable is not used."""
        _log.warning("%s; it is ignored", why)

    def is_empty(self, name: str) -> bool:
        """Whether it is set, and to nothing."""
        return self._variables.get(name, "unset").strip() == ""

    def text(self, *names: str) -> str | None:
        """The first that is set."""
        return self._first(names, str)

    def number(self, *names: str, at_least: float = 0) -> float | None:
        def parse(text: str) -> float:
            value = float(text)
            if not at_least <= value < float("inf"):
                raise ValueError(text)
            return value

        return self._first(names, parse, f"a number that is at least {at_least:g}")

    def whole(self, *names: str, at_least: int = 0) -> int | None:
        def parse(text: str) -> int:
            value = int(text)
            if value < at_least:
                raise ValueError(text)
            return value

        return self._first(names, parse, f"a whole number that is at least {at_least}")

    def flag(self, *names: str) -> bool | None:
        def parse(text: str) -> bool:
            if text.lower() not in _TRUE | _FALSE:
                raise ValueError(text)
            return text.lower() in _TRUE

        return self._first(names, parse, "true or false")

    def choice(self, choices: Mapping[str, T], *names: str) -> T | None:
        return self._first(
            names, lambda text: choices[text.lower()], f"one of {', '.join(choices)}"
        )

    def headers(self, *names: str) -> tuple[tuple[str, str], ...]:
        """``key=value,key=value``, with the values percent-encoded. A pair that is wrong costs
        itself alone."""
        pairs: list[tuple[str, str]] = []
        name = next((each for each in names if self.text(each)), "")
        for pair in filter(None, map(str.strip, (self.text(name) or "").split(","))):
            key, equals, value = (part.strip() for part in pair.partition("="))
            if equals and key and key.isascii() and not set(key) & set(' \t"(){}:;'):
                pairs.append((key.lower(), unquote(value)))
            else:  # the text may be a secret
                _log.warning("%s has a part that is not key=value; it is left out", name)
        return tuple(pairs)

    def _first(
        self, names: tuple[str, ...], parse: Callable[[str], T], wanted: str = ""
    ) -> T | None:
        for name in names:
            text = self._variables.get(name, "").strip()
            if not text:
                continue
            try:
                return parse(text)
            except (ValueError, KeyError):
                _log.warning("%s is %r, but should be %s; it is ignored", name, text[:80], wanted)
        return None
