"""Texts that go on from one another are read in less time, and as each would be by itself."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from audittrail.receiver.mapping import histories as module
from audittrail.receiver.mapping.histories import Histories

_MESSAGE = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["user", "assistant", "tool"]),
        "content": st.sampled_from(["a", "b", '"', "],[", "é"]) | st.lists(st.just("x")),
    }
)
_OTHER = st.integers(-12, 12) | st.text('a"],\\', max_size=3) | st.lists(_MESSAGE, max_size=2)
_ELEMENT = st.one_of(*[_MESSAGE] * 12, _OTHER)
_SEPARATORS = st.sampled_from([(", ", ": "), (",", ":"), (" ,\n ", " : ")])


@st.composite
def _texts(draw: st.DrawFn) -> list[str]:
    """Of a few conversations that go on, change, or are something else, in any order."""
    texts = []
    conversations: list[list[Any]] = [[], []]
    usual = draw(_SEPARATORS)
    for _ in range(draw(st.integers(1, 8))):
        said = draw(st.sampled_from(conversations))
        change = draw(st.sampled_from(["go on", "go on", "go on", "same", "shorter", "other"]))
        if change == "go on":
            said += draw(st.lists(_ELEMENT, min_size=1, max_size=3))
        elif change == "shorter" and said:
            del said[-1]
        elif change == "other" and said:
            said[draw(st.integers(0, len(said) - 1))] = draw(_ELEMENT)
        separators = draw(st.one_of(*[st.just(usual)] * 5, _SEPARATORS))
        text = json.dumps(said, separators=separators, ensure_ascii=False)
        texts.append(draw(st.sampled_from([*[text] * 9, text[:-1], text + " ", text[1:] + "]"])))
    return texts


@settings(max_examples=300)
@given(_texts())
def test_what_came_before_changes_nothing(texts: list[str]) -> None:
    """Each text gives what it gives to somebody who has read no other."""
    long, module._LONG = module._LONG, 1
    try:
        histories = Histories()
        told = [histories.content(text) for text in texts if text]
        alone = [Histories().content(text) for text in texts if text]
    finally:
        module._LONG = long
    assert told == alone


def test_a_history_that_goes_on_is_the_same_messages() -> None:
    """Of 50 turns that each repeat all before, every message is made once."""
    said = [{"role": "user", "content": f"message {number} " * 500} for number in range(50)]
    histories = Histories()
    told = [histories.content(json.dumps(said[: 1 + number])) for number in range(50)]
    assert [len(messages) for messages in told] == list(range(1, 51))
    assert len({id(message) for messages in told for message in messages}) == 50
