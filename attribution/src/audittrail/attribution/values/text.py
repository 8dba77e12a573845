"""How much of a text is said again in others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from audittrail.attribution.values.answer import Answer
from audittrail.attribution.values.facts import facts, negations
from audittrail.attribution.values.sentences import sentences
from audittrail.attribution.values.tokens import Rarity, common, tokens

__all__ = ["UNRELATED", "likeness", "sentence_values", "text_values"]

UNRELATED: Final = 0.01
"""sim0: the similarity of answers that have nothing to do with each other. The mean over all pairs
of 12 short English answers about different things is 0.0098; a test measures it again."""


def text_values(reference: Answer, answers: Sequence[Answer]) -> list[float]:
    """How alike each answer's text is to the reference's.

    v = (sim - sim0) / (1 - sim0), clipped to [0, 1], where sim is the mean of two parts: the recall
    of the reference's key facts (numbers, ids, dates, quoted texts, verdicts), times how far both
    deny equally often; and the F1 of words. Both weigh by how rare a word or fact is over the
    reference and all answers, so that what never changes counts little. Without key facts and
    negations sim is the F1 alone. Tool calls do not matter here.

    Returns:
        a value in [0, 1] for each answer; 1.0 for the reference's own text, 0.0 for none.
    """
    texts = [reference.text, *(answer.text for answer in answers)]
    said = [_Said(text) for text in texts]
    words = Rarity(each.words for each in said)
    known = Rarity(each.facts for each in said)
    return [_value(said[0].likeness(each, words, known)) for each in said[1:]]


def sentence_values(sentence: str, answers: Sequence[Answer]) -> list[float]:
    """How much of one sentence each answer says, whatever else it says.

    As ``text_values``, but by recall only, and in the sentence of the answer, or two in a row, that
    says most of it: a "not" elsewhere in the answer does not matter.

    Returns:
        a value in [0, 1] for each answer.
    """
    wanted = _Said(sentence)
    whole = [_Said(answer.text) for answer in answers]
    words = Rarity([wanted.words, *(each.words for each in whole)])
    known = Rarity([wanted.facts, *(each.facts for each in whole)])
    found = []
    for answer in answers:
        parts = sentences(answer.text)
        parts += [f"{first} {second}" for first, second in pairwise(parts)]
        likeness = (wanted.likeness(_Said(part), words, known, recall=True) for part in parts)
        found.append(_value(max(likeness, default=0.0)))
    return found


def likeness(reference: str, answer: str) -> float:
    """sim of two texts, in [0, 1], with words and facts weighed by how rare they are in the two."""
    first, second = _Said(reference), _Said(answer)
    words = Rarity([first.words, second.words])
    return first.likeness(second, words, Rarity([first.facts, second.facts]))


class _Said:
    """What a text says: its words, its facts, and how often it denies."""

    def __init__(self, text: str) -> None:
        self.words: Counter[str] = Counter(tokens(text))
        self.facts = facts(text)
        self.negations = negations(text)

    def likeness(
        self, other: _Said, words: Rarity, known: Rarity, *, recall: bool = False
    ) -> float:
        """sim, in [0, 1]; with ``recall``, words that only the other has cost nothing."""
        if not self.words:
            return 1.0 if not other.words else 0.0
        both = common(words, self.words, other.words)
        here, there = words.total(self.words), words.total(other.words)
        lexical = both / here if recall else 2 * both / (here + there)
        if not (self.facts or self.negations or other.negations):
            return lexical
        kept = 1.0
        if self.facts:
            kept = common(known, self.facts, other.facts) / known.total(self.facts)
        if self.negations != other.negations:
            few, many = sorted((self.negations, other.negations))
            kept *= few / many
        elif not self.facts and not both:
            kept = 0.0
        return (kept + lexical) / 2


def _value(likeness: float) -> float:
    return min(max((likeness - UNRELATED) / (1 - UNRELATED), 0.0), 1.0)
