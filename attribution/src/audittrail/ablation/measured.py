"""What was measured of a step: the answers to its masked prompts, and what they are worth."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence

from audittrail.ablation.measure import Measure
from audittrail.ablation.step import Step
from audittrail.attribution import (
    Answer,
    Attribution,
    Mask,
    argument_values,
    decision_values,
    samples_for,
    sentence_values,
    text_values,
)

__all__ = ["Measured"]

# An answer that is this close to the recorded one says the same.
_SAME = 0.95


class Measured:
    """The answers of one step, by mask. Values are worked out anew from all of them each time,
    since how rare a word is is counted over all."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self.study = step.study()
        self.answers: dict[Mask, list[Answer]] = {}
        self._likelihoods: dict[Mask, list[float]] = {}

    def add(self, mask: Mask, answer: Answer, likelihood: float | None = None) -> None:
        """``likelihood`` is of the recorded answer, where that is what is measured."""
        self.answers.setdefault(mask, []).append(answer)
        if likelihood is not None:
            self._likelihoods.setdefault(mask, []).append(likelihood)

    def count(self, mask: Mask) -> int:
        return len(self.answers.get(mask, ()))

    @property
    def calls(self) -> int:
        return sum(map(len, self.answers.values()))

    def _taken(self) -> list[tuple[Mask, list[Answer]]]:
        """The answers of one moment: others come while they are looked at from another thread."""
        return [(mask, list(found)) for mask, found in list(self.answers.items())]

    @property
    def rerun(self) -> Answer | None:
        """The answer to the full prompt: the one that came most often, or first; None where none
        was written."""
        if self.step.measure == "likelihood":
            return None
        found = self.answers.get(self.study.full)
        return Counter(found).most_common(1)[0][0] if found else None

    @property
    def samples(self) -> int:
        """How often each mask is to be asked, from how far the full prompt's answers differ."""
        values = self.values().get(self.study.full, [])
        return samples_for(statistics.stdev(values)) if len(values) > 1 else 1

    def values(self) -> dict[Mask, list[float]]:
        """Values in [0, 1] by mask; {} before the full prompt was answered."""
        if self.step.measure == "likelihood":
            return {mask: list(found) for mask, found in list(self._likelihoods.items())}
        reference = self.rerun
        if reference is None:
            return {}
        taken = self._taken()
        masks = [mask for mask, found in taken for _ in found]
        answers = [answer for _, found in taken for answer in found]
        values: dict[Mask, list[float]] = {}
        for mask, value in zip(masks, self._worth(reference, answers), strict=True):
            values.setdefault(mask, []).append(value)
        return values

    def _worth(self, reference: Answer, answers: Sequence[Answer]) -> list[float]:
        return worth(self.step.measure, self.step.sentence, reference, answers)

    def attribution(self) -> Attribution | None:
        """As far as it is known; None before both the full and the empty prompt were answered."""
        values = self.values()
        if self.study.full not in values or self.study.empty not in values:
            return None
        return self.study.attribute(values)

    @property
    def likeness(self) -> float | None:
        """How far the re-run says what was recorded, in [0, 1]."""
        rerun, recorded = self.rerun, self.step.recorded
        if rerun is None:
            return None
        if rerun == recorded or (rerun.text.strip() == recorded.text.strip() and not
                                 (rerun.tool_calls or recorded.tool_calls)):  # fmt: skip
            return 1.0
        answers = [answer for _, found in self._taken() for answer in found]
        measure = "text" if self.step.measure == "sentence" else self.step.measure
        return worth(measure, None, recorded, [rerun, *answers])[0]

    @property
    def reproduced(self) -> bool | None:
        likeness = self.likeness
        return None if likeness is None else likeness >= _SAME


def worth(
    measure: Measure, sentence: str | None, reference: Answer, answers: Sequence[Answer]
) -> list[float]:
    """What each answer is worth as the one to be explained."""
    if measure == "sentence" and sentence is not None:
        return sentence_values(sentence, answers)
    if measure == "decision":
        return decision_values(reference, answers)
    if measure == "arguments":
        return argument_values(reference, answers)
    return text_values(reference, answers)
