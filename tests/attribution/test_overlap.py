"""What texts have in common."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from audittrail.attribution import copies, text_overlap


@given(st.lists(st.text(max_size=40), max_size=5), st.text(max_size=40))
def test_overlaps_are_shares(sources: list[str], answer: str) -> None:
    """Any texts have shares of at most 1 together."""
    shares = text_overlap(sources, answer)
    assert len(shares) == len(sources)
    assert all(share >= 0 for share in shares)
    assert sum(shares) <= 1 + 1e-9


def test_the_source_with_the_words_has_the_share() -> None:
    """A source that has the answer's rare words has more than one with the usual, or none."""
    sources = ["The capital of France is Paris.", "The weather is fine.", "猫"]
    first, second, third = text_overlap(sources, "Paris is the capital.")
    assert first > second > third == 0


def test_quotations_are_found() -> None:
    """A later text that quotes an earlier one is paired with it, by the share that it quotes."""
    result = "The flight LH 400 leaves Frankfurt at ten and lands in New York at noon local time."
    quoting = f"I found this: {result} Shall I book it?"
    assert copies([result, "Something else that is not in any other text.", quoting]) == [
        (0, 2, 1.0)
    ]
    [(earlier, later, share)] = copies([result, result[:50]])
    assert (earlier, later) == (0, 1)
    assert 0.2 <= share < 1
    assert copies(["", "", "short"]) == []
