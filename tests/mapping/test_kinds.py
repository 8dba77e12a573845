"""By what word each framework's own dialect tells the type of a span."""

from __future__ import annotations

import pytest

from tests.mapping.told import told


@pytest.mark.parametrize(
    ("dialect", "key", "value", "span_type"),
    [
        ("langfuse", "langfuse.observation.type", "generation", "llm"),
        ("langfuse", "langfuse.observation.type", "span", "chain"),
        ("langfuse", "langfuse.observation.type", "evaluator", "custom"),
        ("mlflow", "mlflow.spanType", '"CHAT_MODEL"', "llm"),
        ("mlflow", "mlflow.spanType", '"PARSER"', "chain"),
        ("mlflow", "mlflow.spanType", '"MEMORY"', "custom"),
        ("langsmith", "langsmith.span.kind", "prompt", "chain"),
        ("langsmith", "langsmith.span.kind", "retriever", "retriever"),
        ("traceloop", "traceloop.span.kind", "workflow", "chain"),
        ("traceloop", "traceloop.span.kind", "agent", "agent"),
        ("laminar", "lmnr.span.type", "TOOL", "tool"),
        ("laminar", "lmnr.span.type", "DEFAULT", "chain"),
        ("vercel_ai", "ai.operationId", "ai.streamText.doStream", "llm"),
        ("vercel_ai", "ai.operationId", "ai.streamText", "chain"),
        ("vercel_ai", "ai.operationId", "ai.embedMany.doEmbed", "embedding"),
        ("vercel_ai", "ai.operationId", "ai.somethingNew", "custom"),
        ("logfire", "logfire.msg_template", "Function: {name}", "tool"),
        ("logfire", "logfire.msg_template", "Turn {turn} for agent x", "chain"),
        ("logfire", "logfire.msg_template", "anything", "custom"),
    ],
)
def test_the_word(dialect: str, key: str, value: str, span_type: str) -> None:
    """One that is not known is custom."""
    span = told({key: value})
    assert (span["dialect"], span["span_type"]) == (dialect, span_type)


def test_what_langsmith_says_of_the_operation() -> None:
    """Is wrong of retrievers and prompts: its own word goes first."""
    attributes = {"langsmith.span.kind": "retriever", "gen_ai.operation.name": "embeddings"}
    assert told(attributes)["span_type"] == "retriever"


def test_a_retriever_that_traceloop_calls_a_task() -> None:
    """The operation says more."""
    attributes = {
        "traceloop.span.kind": "task",
        "gen_ai.operation.name": "vector_db_retrieve",
    }
    assert told(attributes)["span_type"] == "retriever"


@pytest.mark.parametrize(
    ("value", "session"),
    [("01a2056c-eba5-7202-9853-ed9a20514168", "01a2056c-eba5-7202-9853-ed9a20514168"), (4, None)],
)
def test_a_thread_of_codex(value: str | int, session: str | None) -> None:
    """Is its conversation; the number of an operating system's thread is none."""
    span = told({"thread.id": value}, scope="codex_exec")
    assert (span["dialect"], span["session_id"]) == ("codex", session)


def test_the_null_of_logfire() -> None:
    """A group that is JSON's null is no session."""
    for value, session in (("null", None), ("conv-42", "conv-42"), ('"conv-42"', "conv-42")):
        assert told({"logfire.msg": "a", "group_id": value})["session_id"] == session


def test_usage_of_langfuse() -> None:
    """Is JSON, in kinds that are apart from each other: cached input is added to the input, and
    reasoning to the output."""
    span = told(
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.model.name": "gpt-4o",
            "langfuse.observation.usage_details": '{"input": 25, "output": 12, '
            '"input_cached_tokens": 32, "output_reasoning": 5}',
            "langfuse.observation.cost_details": '{"total": 0.25}',
            "langfuse.observation.input": '[{"role": "user", "content": "hi"}]',
            "langfuse.observation.output": "hello",
            "langfuse.session.id": "s",
            "langfuse.user.id": "u",
        }
    )
    assert (span["tokens_in"], span["tokens_cached"], span["tokens_out"]) == (57, 32, 17)
    assert (span["tokens_reasoning"], span["cost"], span["cost_source"]) == (5, 0.25, "agent")
    assert (span["session_id"], span["user_id"], span["model"]) == ("s", "u", "gpt-4o")
    assert span["input"][0]["content"] == [{"type": "text", "text": "hi"}]
    assert span["output"] == "hello"


def test_the_conversation_of_a_pydantic_agent() -> None:
    """Ends before its answer, which is told beside it; another ending stays."""
    messages = (
        '[{"role": "user", "parts": [{"type": "text", "content": "hi"}]}, '
        '{"role": "assistant", "parts": [{"type": "text", "content": "hello"}]}]'
    )
    attributes = {"gen_ai.operation.name": "invoke_agent", "pydantic_ai.all_messages": messages}
    for answer, roles in (("hello", ["user"]), ("other", ["user", "assistant"])):
        span = told(attributes | {"final_result": answer})
        assert [message["role"] for message in span["input"]] == roles
        assert span["output"] == answer


def test_usage_of_langfuse_as_a_provider_names_it() -> None:
    """Includes what was cached."""
    usage = (
        '{"prompt_tokens": 57, "completion_tokens": 17, '
        '"prompt_tokens_details": {"cached_tokens": 32}}'
    )
    key = "langfuse.observation.usage_details"
    span = told({"langfuse.observation.type": "generation", key: usage})
    assert (span["tokens_in"], span["tokens_cached"], span["tokens_out"]) == (57, 32, 17)


@pytest.mark.parametrize("usage", ["{", "[]", "7", '{"input": "many"}', '{"input_x": 3}'])
def test_usage_of_langfuse_that_is_none(usage: str) -> None:
    """Costs nothing else."""
    key = "langfuse.observation.usage_details"
    span = told({"langfuse.observation.type": "generation", key: usage})
    assert (span["tokens_in"], span["span_type"]) == (None, "llm")
