"""Tokens are found wherever LangChain puts them, normalised, and counted once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, Generation

from audittrail.callback_handler.model_calls.usage import Usage, usage_of
from tests.callback_handler.models import Scripted, says
from tests.callback_handler.recorded import Recorded

STANDARD = {
    "input_tokens": 100,
    "output_tokens": 50,
    "total_tokens": 150,
    "input_token_details": {"cache_read": 60, "cache_creation": 10},
    "output_token_details": {"reasoning": 20},
}
FULL = Usage(100, 50, 60, 10, 20)


def message(usage: Any = None, **more: Any) -> ChatGeneration:
    return ChatGeneration(message=AIMessage("x", usage_metadata=usage, **more))


@pytest.mark.parametrize(
    ("said", "counted"),
    [
        (
            # OpenAI: parts are in the whole.
            {
                "prompt_tokens": 100,
                "completion_tokens": 50,
                "total_tokens": 150,
                "prompt_tokens_details": {"cached_tokens": 60},
                "completion_tokens_details": {"reasoning_tokens": 20},
            },
            Usage(100, 50, 60, None, 20),
        ),
        (
            # OpenAI's Responses API.
            {
                "input_tokens": 100,
                "output_tokens": 50,
                "input_tokens_details": {"cached_tokens": 60},
                "output_tokens_details": {"reasoning_tokens": 20},
            },
            Usage(100, 50, 60, None, 20),
        ),
        (
            # Anthropic: what came from the cache, or went there, is beside the input.
            {
                "input_tokens": 30,
                "output_tokens": 50,
                "cache_read_input_tokens": 60,
                "cache_creation_input_tokens": 10,
            },
            Usage(100, 50, 60, 10, None),
        ),
        (
            # The same, where what was cached is the smaller part.
            {"input_tokens": 70, "output_tokens": 50, "cache_read_input_tokens": 30},
            Usage(100, 50, 30, None, None),
        ),
        (
            # Bedrock's Converse.
            {
                "inputTokens": 30,
                "outputTokens": 50,
                "cacheReadInputTokens": 60,
                "cacheWriteInputTokens": 10,
            },
            Usage(100, 50, 60, 10, None),
        ),
        (
            # Google: thoughts are beside the candidates, the cache is in the prompt.
            {
                "prompt_token_count": 100,
                "candidates_token_count": 30,
                "thoughts_token_count": 20,
                "cached_content_token_count": 60,
            },
            Usage(100, 50, 60, None, 20),
        ),
        ({"prompt_eval_count": 100, "eval_count": 50}, Usage(100, 50)),  # Ollama
        ({"prompt_tokens": 100, "completion_tokens": 0}, Usage(100, 0)),
    ],
)
@pytest.mark.parametrize("place", ["token_usage", "usage", "usage_metadata", None])
def test_the_providers_shapes_are_understood(
    said: dict[str, Any], counted: Usage, place: str | None
) -> None:
    """In response_metadata, generation_info or llm_output, under any of the usual names."""
    holder = said if place is None else {place: said}
    assert usage_of(None, [message(response_metadata=holder)]) == counted
    assert usage_of(None, [Generation(text="x", generation_info=holder)]) == counted
    assert usage_of(holder, [Generation(text="x")]) == counted


def test_langchains_own_form_is_understood() -> None:
    """Cache reads and writes are part of the input, reasoning of the output."""
    assert usage_of(None, [message(STANDARD)]) == FULL


@pytest.mark.parametrize("tier", ["priority_", "flex_"])
def test_details_of_a_service_tier_are_understood(tier: str) -> None:
    """LangChain names them after the tier."""
    said = {
        **STANDARD,
        "input_token_details": {f"{tier}cache_read": 60, tier[:-1]: 40},
        "output_token_details": {f"{tier}reasoning": 20, tier[:-1]: 30},
    }
    assert usage_of(None, [message(said)]) == Usage(100, 50, 60, None, 20)


def test_cache_writes_by_age_are_understood() -> None:
    """Anthropic's, which LangChain keeps by how long they live."""
    details = {
        "cache_read": 60,
        "cache_creation": 0,
        "ephemeral_5m_input_tokens": 7,
        "ephemeral_1h_input_tokens": 3,
    }
    said = {**STANDARD, "input_token_details": details}
    assert usage_of(None, [message(said)]) == FULL


def test_the_same_usage_in_several_places_counts_once() -> None:
    """A message of OpenAI's says it three times."""
    openai = {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150}
    generation = message(STANDARD, response_metadata={"token_usage": openai})
    assert usage_of({"token_usage": openai}, [generation]) == FULL


def test_several_answers_to_one_request_count_once() -> None:
    """Each of them repeats the usage of the request."""
    assert usage_of(None, [message(STANDARD), message(STANDARD)]) == FULL


def test_answers_with_usages_of_their_own_are_added_up() -> None:
    """Unless the call as a whole says what it used."""
    other = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
    both = [message(STANDARD), message(other)]
    assert usage_of(None, both) == Usage(101, 52, 60, 10, 20)
    whole = {"token_usage": {"prompt_tokens": 99, "completion_tokens": 9}}
    assert usage_of(whole, both) == Usage(99, 9)


def test_a_call_that_says_nothing_used_nothing_that_is_known() -> None:
    """No attribute is better than a zero."""
    for nothing in (None, {}, {"token_usage": {}}, {"token_usage": None}, "x", 3):
        assert not usage_of(nothing, [message()])
        assert usage_of(nothing, [message()]).attributes() == {}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
        lambda inner: st.dictionaries(
            st.sampled_from(["usage", "token_usage", "prompt_tokens", "input_tokens", "x"]), inner
        ),
    )
)
def test_whatever_a_provider_says_it_is_never_negative(said: Any) -> None:
    """Nothing raises, and counts are counts."""
    found = usage_of(said, [Generation(text="x")])
    assert all(isinstance(each, int) and each >= 0 for each in found.attributes().values())


def test_the_counts_are_attributes_of_the_conventions(recorded: Recorded) -> None:
    """Other backends read them too."""
    Scripted(answers=[AIMessage("Hi.", usage_metadata=STANDARD)]).invoke("x", recorded.config())
    said = recorded.spans[0].attributes
    assert {key: value for key, value in said.items() if key.startswith("gen_ai.usage.")} == {
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 50,
        "gen_ai.usage.cache_read.input_tokens": 60,
        "gen_ai.usage.cache_creation.input_tokens": 10,
        "gen_ai.usage.reasoning.output_tokens": 20,
    }


def test_a_batch_counts_each_request_once(recorded: Recorded) -> None:
    """Every request of a batch has a span and its own usage."""
    Scripted(answers=[says("a"), says("b"), says("c")]).batch(["1", "2", "3"], recorded.config())
    counts = [span.attributes["gen_ai.usage.input_tokens"] for span in recorded.spans]
    assert counts == [12, 12, 12]
