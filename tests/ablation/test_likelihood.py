"""How likely a recorded answer is, from the log-probabilities of a prompt."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audittrail.ablation.failures import EndpointError
from audittrail.ablation.likelihood import answer_likelihood, prompt_logprobs_of


@given(
    st.lists(
        st.tuples(st.text("abc \u00e9", min_size=1, max_size=4), st.floats(-8, 0)), min_size=1
    ).filter(lambda tokens: any(letter in "abc" for text, _ in tokens for letter in text)),
    st.sampled_from(["", "<|user|>", "Question?"]),
)
def test_the_answers_tokens_count(tokens: list[tuple[str, float]], before: str) -> None:
    """Whatever stands before them: the geometric mean of the probabilities of the answer's tokens,
    between that of the least and of the most likely one."""
    answer = "".join(text for text, _ in tokens)
    prompt = [(f"{before}#", -20.0), *tokens, ("\n", -20.0)]
    found = answer_likelihood(prompt, answer)
    logprobs = [logprob for _, logprob in tokens]
    assert math.exp(min(logprobs)) - 1e-9 <= found <= math.exp(max(logprobs)) + 1e-9


def test_other_tokens_are_refused() -> None:
    """An endpoint that gives the log-probabilities of something else, or none."""
    with pytest.raises(EndpointError, match="not those of the recorded answer"):
        answer_likelihood([("Yes", -0.1), ("No", -0.2)], "Perhaps")
    with pytest.raises(EndpointError, match="prompt_logprobs"):
        answer_likelihood(None, "Yes")


def test_the_form_that_vllm_gives() -> None:
    """A list with nothing for the first token, then dictionaries by token id; None where there is
    no list."""
    payload = {
        "prompt_logprobs": [
            None,
            {"9707": {"logprob": -1.5, "rank": 3, "decoded_token": "Hello"}},
            {"11": {"logprob": -0.5, "rank": 1, "decoded_token": "!"}},
        ]
    }
    assert prompt_logprobs_of(payload) == (("Hello", -1.5), ("!", -0.5))
    assert answer_likelihood(prompt_logprobs_of(payload), "Hello!") == pytest.approx(math.exp(-1))
    for other in ({}, {"prompt_logprobs": None}, {"prompt_logprobs": "x"}):
        assert prompt_logprobs_of(other) is None
