"""Whether a model decided the same."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence

from audittrail.attribution.values.answer import Answer
from audittrail.attribution.values.tokens import folded

__all__ = ["argument_values", "decision_values"]


def decision_values(reference: Answer, answers: Sequence[Answer]) -> list[float]:
    """Whether each answer chose the same tools, each as often, in any order. If the reference
    chose none: whether the answer chose none either and its text is the same label, apart from
    case, punctuation and space.

    Returns:
        1.0 or 0.0 for each answer.
    """
    wanted = _decision(reference)
    return [float(_decision(answer) == wanted) for answer in answers]


def _decision(answer: Answer) -> Counter[str] | str:
    if answer.tool_calls:
        return Counter(call.name for call in answer.tool_calls)
    return " ".join(re.findall(r"[\w.+%-]*\w[+%]?", folded(answer.text)))


def argument_values(reference: Answer, answers: Sequence[Answer]) -> list[float]:
    """How many of the arguments' leaves are the same: F1 over all calls.

    A leaf is a tool's name, the path to a value in the JSON, and the value: a text, a number, true,
    false, null, or an empty object or list. 1 and 1.0 are the same, and texts apart from space at
    their ends. Arguments that are no JSON are one leaf. Leaves are counted as often as they are
    there, so the order of calls does not matter.

    Returns:
        a value in [0, 1] for each answer; without any call in both, 1.0.
    """
    wanted = _leaves(reference)
    values = []
    for answer in answers:
        given = _leaves(answer)
        leaves = wanted.total() + given.total()
        values.append(2 * (wanted & given).total() / leaves if leaves else 1.0)
    return values


def _leaves(answer: Answer) -> Counter[tuple[object, ...]]:
    found: Counter[tuple[object, ...]] = Counter()
    for call in answer.tool_calls:
        try:
            content = json.loads(call.arguments)
        except (ValueError, RecursionError):
            content = call.arguments
        waiting: list[tuple[tuple[str | int, ...], object]] = [((), content)]
        while waiting:
            path, value = waiting.pop()
            if isinstance(value, dict) and value:
                waiting += [((*path, str(key)), each) for key, each in value.items()]
            elif isinstance(value, list) and value:
                waiting += [((*path, place), each) for place, each in enumerate(value)]
            else:
                found[(call.name, *path, _kind(value), _plain(value))] += 1
    return found


def _kind(value: object) -> str:
    """So that true is not 1, and "1" is not 1."""
    if isinstance(value, bool):
        return "truth"
    return "number" if isinstance(value, int | float) else type(value).__name__


def _plain(value: object) -> object:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, dict | list):
        return ""
    if isinstance(value, float) and value != value:
        return "NaN"
    return value
