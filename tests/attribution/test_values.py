"""What a re-run is worth."""

from __future__ import annotations

import itertools
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audittrail.attribution import (
    Answer,
    ToolCall,
    argument_values,
    decision_values,
    sentence_values,
    sentences,
    text_values,
)
from audittrail.attribution.values.text import UNRELATED, likeness

_TEXTS = st.text(max_size=60)


def _text(reference: str, *answers: str) -> list[float]:
    return text_values(Answer(reference), [Answer(answer) for answer in answers])


@given(_TEXTS, st.lists(_TEXTS, max_size=4))
def test_values_are_shares(reference: str, answers: list[str]) -> None:
    """Any texts have values in [0, 1], and the reference's own text is worth 1."""
    for values in (
        _text(reference, *answers, reference),
        sentence_values(reference, [Answer(answer) for answer in answers]),
        decision_values(Answer(reference), [Answer(answer) for answer in answers]),
    ):
        assert all(0 <= value <= 1 for value in values)
    assert _text(reference, *answers, reference)[-1] == pytest.approx(1)


@pytest.mark.parametrize(
    ("reference", "changed"),
    [
        ("Your refund request has been approved.", "Your refund request has been denied."),
        ("Your refund request is complete.", "Your refund request is not complete."),
        ("The parcel arrives on 3 May 2026.", "The parcel arrives on 4 May 2026."),
        ("The total comes to 1,250.50 EUR.", "The total comes to 1,350.50 EUR."),
        ("The order is INV-2041, as you asked.", "The order is INV-2042, as you asked."),
        ("退款申请已经批准,金额为三百元。", "退款申请已经拒绝,金额为三百元。"),
        ("退款申请已经批准。", "退款申请没有批准。"),
    ],
)
def test_what_turns_the_meaning_counts(reference: str, changed: str) -> None:
    """A verdict, a number, a date, an id or a not that changes leaves less than half, though
    nearly all words are the same."""
    same, other = _text(reference, reference, changed)
    assert same == pytest.approx(1)
    assert other < 0.5


def test_the_order_of_words_does_not_matter() -> None:
    """The same words in another order are worth 1; the same date and number in another form
    nearly as much, an unrelated text next to nothing, an empty one nothing."""
    due = "Invoice INV-7 of 1,250.50 EUR is due on 29 November 2026."
    moved = "Due on 29 November 2026 is invoice INV-7 of 1,250.50 EUR."
    form = "Invoice INV-7 of 1250.5 EUR is due on 2026-11-29."
    values = _text(due, moved, form, "Paris is sunny today.", "")
    assert values[0] == pytest.approx(1)
    assert values[1] > 0.7
    assert values[2] < 0.05
    assert values[3] == 0


_ANSWERS = [
    "Your refund has been approved and will arrive within five working days.",
    "The train to Lyon leaves at 08:42 from platform 3.",
    "I could not find a customer with that number in the system.",
    "Rain is expected in the afternoon, so take an umbrella.",
    "The function fails because the list is empty; check its length first.",
    "Revenue grew by 12% in the third quarter, driven by new subscriptions.",
    "Boil the pasta for nine minutes and keep a cup of the water.",
    "The meeting was moved to Thursday; all who were invited have been told.",
    "This clause limits the liability of the seller to the price of the goods.",
    "Paracetamol and ibuprofen may be taken together, but ask a doctor first.",
    "The museum is closed on Mondays and free on the first Sunday of a month.",
    "Version 2.4 drops support for the old format, so convert your files.",
]


def test_the_floor_is_that_of_unrelated_answers() -> None:
    """sim0 is the mean similarity of 12 answers that have nothing to do with each other, within
    0.002."""
    found = [likeness(a, b) for a, b in itertools.permutations(_ANSWERS, 2)]
    assert statistics.mean(found) == pytest.approx(UNRELATED, abs=0.002)


def test_one_sentence_is_looked_for() -> None:
    """A sentence that an answer has is worth 1 whatever else it says; with another number, or
    denied, less than half."""
    said = "The total is 42 EUR."
    values = sentence_values(
        said,
        [
            Answer("Hello there. The total is 42 EUR. There is nothing else to pay."),
            Answer("Hello there. The total is 43 EUR."),
            Answer("The total is not 42 EUR."),
            Answer("Hello."),
        ],
    )
    assert values[0] == pytest.approx(1)
    assert max(values[1:]) < 0.5
    assert values[3] == 0


def _calls(*calls: tuple[str, str]) -> Answer:
    return Answer(tool_calls=tuple(ToolCall(*call) for call in calls))


def test_a_decision_is_the_tools_and_how_often() -> None:
    """The same tools in any order are the same decision; one more, one less, or a text is not."""
    reference = _calls(("search", "{}"), ("book", "{}"))
    answers = [
        _calls(("book", '{"a": 1}'), ("search", "{}")),
        _calls(("search", "{}")),
        _calls(("search", "{}"), ("search", "{}"), ("book", "{}")),
        Answer("book"),
    ]
    assert decision_values(reference, answers) == [1, 0, 0, 0]


def test_a_label_is_a_decision() -> None:
    """Without tools the text decides, apart from case, space and punctuation."""
    answers = [Answer(" approved. "), Answer("denied"), Answer("Approved", (ToolCall("a", ""),))]
    assert decision_values(Answer("APPROVED"), answers) == [1, 0, 0]


def test_arguments_are_compared_leaf_by_leaf() -> None:
    """F1 of the leaves: 1 is 1.0 but neither true nor "1", broken JSON is one leaf."""
    reference = _calls(("pay", '{"to": "Ann", "sum": 1, "tags": ["a", "b"]}'))
    answers = [
        _calls(("pay", '{"tags": ["a", "b"], "sum": 1.0, "to": "Ann "}')),
        _calls(("pay", '{"to": "Ann", "sum": 2, "tags": ["a", "b"]}')),
        _calls(("pay", '{"to": "Ann", "sum": true, "tags": ["a", "b"]}')),
        _calls(("refund", '{"to": "Ann", "sum": 1, "tags": ["a", "b"]}')),
        _calls(("pay", '{"to": "Ann"')),
        Answer("no call"),
    ]
    assert argument_values(reference, answers) == [1, 0.75, 0.75, 0, 0, 0]
    assert argument_values(_calls(("now", "{}")), [_calls(("now", "{}"))]) == [1]
    deep = "[" * 100_000
    assert argument_values(_calls(("a", deep)), [_calls(("a", deep))]) == [1]


def test_sentences_end_where_they_end() -> None:
    """Not in decimals, addresses, initials, abbreviations or numbers of items; items, headings and
    paragraphs are sentences of their own; Chinese needs no space."""
    text = (
        "# Report\nDr. J. Smith paid 3.50 EUR, e.g. by card, see https://x.org/a.html?b=1. It "
        'worked! "Really?" he\nasked.\n\n1. First item. More.\n2. Second\n- third\n\n你好。再见！'
    )
    assert sentences(text) == [
        "# Report",
        "Dr. J. Smith paid 3.50 EUR, e.g. by card, see https://x.org/a.html?b=1.",
        "It worked!",
        '"Really?" he\nasked.',
        "1. First item.",
        "More.",
        "2. Second",
        "- third",
        "你好。",
        "再见！",
    ]


@given(_TEXTS)
def test_sentences_lose_nothing(text: str) -> None:
    """All but space of a text is in its sentences, in order."""
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())
