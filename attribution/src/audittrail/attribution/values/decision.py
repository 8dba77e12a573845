"""Whether a model decided the same."""

from __future__ import annotations

from collections.abc import Sequence

from audittrail.attribution.values.answer import Answer

__all__ = ["argument_values", "decision_values"]


def decision_values(reference: Answer, answers: Sequence[Answer]) -> list[float]:
    """Whether each answer chose the same tools, each as often, in any order. If the reference
    chose none: whether the answer chose none either and its text is the same label.

    Returns:
        1.0 or 0.0 for each answer.
    """
    raise NotImplementedError


def argument_values(reference: Answer, answers: Sequence[Answer]) -> list[float]:
    """How many of the arguments' leaves are the same: F1 over all calls.

    Returns:
        a value in [0, 1] for each answer.
    """
    raise NotImplementedError
