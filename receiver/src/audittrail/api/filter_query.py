"""The filter language of the trace list: ``status:error model:gpt-4o cost:>0.01``.

A query is terms with spaces between them, and all must hold; docs/filters.md describes it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from audittrail.errors import InvalidInput
from audittrail.storage import NUMBER_KEYS, SPAN_KEYS, TEXT_KEYS, Range, Term

__all__ = ["KEYS", "BadFilter", "nearest", "parse_filter"]

KEYS: Final = (*TEXT_KEYS, *NUMBER_KEYS, *SPAN_KEYS, "attr.")
_MOST_TERMS: Final = 30
_MOST_VALUES: Final = 50
_STATUSES: Final = ("running", "complete", "error", "incomplete")
_SPAN_STATUSES: Final = ("ok", "error", "unset", "running")
_HAS: Final = ("error", "violation", "link")
_SECOND: Final = 10**9
_TIME_UNITS: Final = {
    "ms": 10**6,
    "s": _SECOND,
    "m": 60 * _SECOND,
    "h": 3600 * _SECOND,
    "d": 86400 * _SECOND,
}
_COUNT_UNITS: Final = {"": 1, "k": 10**3, "M": 10**6}
_WORD: Final = re.compile(
    r"""\s*(?P<minus>-?)(?:(?P<key>[A-Za-z][\w.\-/]*):)?(?P<values>(?:"(?:[^"\\]|\\.)*"?|[^\s"])*)"""
)
_NUMBER: Final = re.compile(r"\$?(-?\d+(?:\.\d*)?|-?\.\d+)([A-Za-z]*)")
_FAR: Final = 2**62


class BadFilter(InvalidInput):
    """A term that means nothing. ``suggestion`` is what was perhaps meant, or None."""

    def __init__(self, message: str, term: str, suggestion: str | None = None) -> None:
        super().__init__(message, field="q")
        self.term = term
        self.suggestion = suggestion


def parse_filter(text: str, now_ns: int) -> tuple[Term, ...]:
    """Raises BadFilter. Times such as ``started:>-24h`` count from ``now_ns``."""
    terms: list[Term] = []
    for minus, key, values, whole in _words(text):
        if len(terms) == _MOST_TERMS:
            raise BadFilter(f"A filter has {_MOST_TERMS} terms at most.", whole)
        terms.append(_term(bool(minus), key, values, whole, now_ns))
    return tuple(terms)


def _words(text: str) -> Iterator[tuple[str, str | None, str, str]]:
    place = 0
    while place < len(text.rstrip()):
        found = _WORD.match(text, place)
        assert found is not None  # every part of it may be empty
        end = max(found.end(), place + 1)
        whole = text[place:end].strip()
        place = end
        if whole:
            yield found["minus"], found["key"], found["values"], whole


def _term(negated: bool, key: str | None, values: str, whole: str, now_ns: int) -> Term:
    if key is None:
        found = _unquoted(values)
        if not found:
            raise BadFilter(f"`{whole}` looks for nothing.", whole)
        return Term("", negated, (found,))
    if key not in KEYS and not (key.startswith("attr.") and len(key) > len("attr.")):
        raise _unknown("filter", key, KEYS, whole)
    parts = [part for part in _split(values) if part]
    if not parts or len(parts) > _MOST_VALUES:
        wants = f"has {_MOST_VALUES} values at most" if parts else "wants a value"
        raise BadFilter(f"`{key}:` {wants}.", whole)
    if key in NUMBER_KEYS or key == "span.duration":
        ranges = tuple(_range(key, part, whole, now_ns) for part in parts)
        return Term(key, negated, ranges=ranges)
    texts = tuple(map(_unquoted, parts))
    known = {"status": _STATUSES, "span.status": _SPAN_STATUSES, "has": _HAS}.get(key)
    if known:
        texts = tuple(each.lower() for each in texts)
        for each in texts:
            if each not in known:
                raise _unknown(f"`{key}`", each, known, whole)
    return Term(key, negated, texts)


def _unknown(kind: str, said: str, known: tuple[str, ...], whole: str) -> BadFilter:
    near = nearest(said, known)
    if kind == "filter":
        message = f"Unknown filter `{said}`."
    else:
        message = f"{kind} is one of {', '.join(known)}, not `{said}`."
    if near:
        message += f" Did you mean `{near}`?"
    return BadFilter(message, whole, near)


def nearest(said: str, known: Sequence[str]) -> str | None:
    """What was perhaps meant."""
    found = difflib.get_close_matches(said.lower(), known, 1, 0.5)
    return found[0] if found else None


def _split(values: str) -> list[str]:
    """At the commas that are not within quotes."""
    return re.findall(r'(?:"(?:[^"\\]|\\.)*"?|[^,"])+', values)


def _unquoted(value: str) -> str:
    """Without the quotes. Within them ``*`` stands for itself, which is written ``\\*`` then."""

    def plain(found: re.Match[str]) -> str:
        if found[1] is None:
            return "\\\\"
        text = re.sub(r"\\(.)", r"\1", found[1])
        return text.replace("\\", "\\\\").replace("*", "\\*")

    return re.sub(r'"((?:[^"\\]|\\.)*)"?|\\', plain, value)


def _range(key: str, value: str, whole: str, now_ns: int) -> Range:
    low, dots, high = value.partition("..")
    if dots:
        least, most = (_amount(key, each, whole, now_ns) if each else None for each in (low, high))
        return Range(least, most)
    found = re.match(r"(>=|<=|>|<|=)?(.*)", value, re.DOTALL)
    assert found is not None
    amount = _amount(key, found[2], whole, now_ns)
    if found[1] in (">", ">="):
        return Range(low=amount, without_low=found[1] == ">")
    if found[1] in ("<", "<="):
        return Range(high=amount, without_high=found[1] == "<")
    return Range(amount, amount)


def _amount(key: str, value: str, whole: str, now_ns: int) -> float:
    """In ns for durations and times, else as it is."""
    if key == "started":
        return _moment(value, whole, now_ns)
    units = _TIME_UNITS if key.endswith("duration") else _COUNT_UNITS
    found = _NUMBER.fullmatch(value)
    if found is None or found[2] not in units:
        example = "2s or 400ms" if units is _TIME_UNITS else "10 or 2.5k"
        raise BadFilter(f"`{key}:` wants a number such as {example}, not `{value}`.", whole)
    amount = float(found[1]) * units[found[2]]
    if abs(amount) > _FAR:
        raise BadFilter(f"`{value}` is too large.", whole)
    return amount


def _moment(value: str, whole: str, now_ns: int) -> int:
    found = _NUMBER.fullmatch(value)
    if found and found[2] in _TIME_UNITS and found[1].startswith("-"):
        moment = now_ns + float(found[1]) * _TIME_UNITS[found[2]]
        if abs(moment) < _FAR:
            return int(moment)
    try:
        told = datetime.fromisoformat(value)
        return int((told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp() * _SECOND)
    except (ValueError, OverflowError):
        example = "-24h or 2026-11-22T14:00Z"
        raise BadFilter(f"`started:` wants a time such as {example}.", whole) from None
