"""How much of a text is said again in others."""

from __future__ import annotations

from collections.abc import Sequence

from audittrail.attribution.values.answer import Answer

__all__ = ["sentence_values", "text_values"]


def text_values(reference: Answer, answers: Sequence[Answer]) -> list[float]:
    """How alike each answer's text is to the reference's.

    Returns:
        a value in [0, 1] for each answer.
    """
    raise NotImplementedError


def sentence_values(sentence: str, answers: Sequence[Answer]) -> list[float]:
    """How much of one sentence each answer says, whatever else it says.

    Returns:
        a value in [0, 1] for each answer.
    """
    raise NotImplementedError
