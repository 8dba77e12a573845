"""What frameworks without a capture say, in small spans as their sources and documents have it."""

from __future__ import annotations

import json

import pytest

from tests.mapping.told import told, told_all
from tests.support import otlp


@pytest.mark.parametrize(
    ("scope", "name", "attributes", "span_type", "dialect"),
    [
        ("litellm", "litellm_request", {}, "llm", "litellm"),
        ("litellm", "Received Proxy Server Request", {}, "chain", "litellm"),
        ("gcp.vertex.agent", "call_llm", {}, "llm", "google_adk"),
        ("gcp.vertex.agent", "agent_run [planner]", {}, "agent", "google_adk"),
        ("gcp.vertex.agent", "invocation", {}, "chain", "google_adk"),
        (
            "Microsoft.SemanticKernel.Diagnostics",
            "chat.completions gpt-4o",
            {"gen_ai.operation.name": "chat.completions"},
            "llm",
            "semantic_kernel",
        ),
        ("agent_framework", "executor.process writer", {}, "chain", "agent_framework"),
        ("crewai.telemetry", "Task Execution", {"crew_key": "1"}, "chain", "crewai"),
        ("haystack", "haystack.pipeline.run", {}, "chain", "haystack"),
        (
            "haystack",
            "haystack.component.run",
            {"haystack.component.type": "OpenAIChatGenerator"},
            "llm",
            "haystack",
        ),
        (
            "haystack",
            "haystack.component.run",
            {"haystack.component.type": "InMemoryBM25Retriever"},
            "retriever",
            "haystack",
        ),
        (
            "haystack",
            "haystack.component.run",
            {"haystack.component.type": "PromptBuilder"},
            "chain",
            "haystack",
        ),
        ("haystack", "haystack.agent.run", {}, "agent", "haystack"),
        ("llamaindex.opentelemetry.tracer", "OpenAI.achat", {}, "llm", "llamaindex"),
        ("llamaindex.opentelemetry.tracer", "FunctionAgent.run", {}, "agent", "llamaindex"),
        ("llamaindex.opentelemetry.tracer", "VectorIndexRetriever.retrieve", {}, "retriever", None),
        ("", "x", {"agents.span.type": "function"}, "tool", "openai_agents"),
        ("gemini-cli", "llm_call", {}, "llm", "gemini_cli"),
        ("gemini-cli", "tool_call", {}, "tool", "gemini_cli"),
        (
            "com.anthropic.claude_code.tracing",
            "claude_code.interaction",
            {"span.type": "interaction"},
            "agent",
            "claude_code",
        ),
        ("", "tools/call search", {"mcp.method.name": "tools/call"}, "tool", "mcp"),
        ("", "resources/read", {"mcp.method.name": "resources/read"}, "custom", "mcp"),
        ("codex_exec", "session_task.turn", {}, "agent", "codex"),
        ("codex_exec", "handle_responses", {"gen_ai.usage.input_tokens": 5}, "llm", "codex"),
        ("codex_exec", "handle_responses", {}, "custom", "codex"),
        (
            "",
            "x",
            {"model": "m", "input_tokens": 5, "output_tokens": 2},
            "llm",
            "bare",
        ),
        (
            "",
            "an old convention",
            {"gen_ai.request.model": "m", "gen_ai.usage.completion_tokens": 2},
            "llm",
            "otel_genai",
        ),
    ],
)
def test_the_type_of_a_span(
    scope: str, name: str, attributes: dict[str, object], span_type: str, dialect: str | None
) -> None:
    """By name, by a word or by what is there at all."""
    span = told(dict(attributes), name=name, scope=scope)
    assert span["span_type"] == span_type
    assert dialect is None or span["dialect"] == dialect


def test_claude_code_counts_what_a_cache_had_a_part_in_apart() -> None:
    """Here it is a part of the input, as everywhere else."""
    span = told(
        {
            "span.type": "llm_request",
            "model": "claude-opus-5",
            "gen_ai.system": "anthropic",
            "input_tokens": 2,
            "output_tokens": 1200,
            "cache_read_tokens": 84_562,
            "cache_creation_tokens": 7_096,
            "success": True,
            "stop_reason": "tool_use",
            "ttft_ms": 812.5,
        },
        scope="com.anthropic.claude_code.tracing",
    )
    assert span["tokens_in"] == 2 + 84_562 + 7_096
    assert span["tokens_out"] == 1200
    assert (span["tokens_cached"], span["tokens_cache_write"]) == (84_562, 7_096)
    assert (span["model"], span["provider"]) == ("claude-opus-5", "anthropic")
    assert span["ttft_ms"] == 812.5
    assert span["status"] == "ok"


@pytest.mark.parametrize("said", [False, "false"])
def test_claude_code_tells_failure_by_success(said: object) -> None:
    """As a boolean or as text; the reason is beside it."""
    span = told(
        {"span.type": "tool", "tool_name": "Bash", "success": said, "error": "exit status 1"},
        name="claude_code.tool",
    )
    assert (span["status"], span["status_message"]) == ("error", "exit status 1")
    assert span["name"] == "Bash"


def test_what_was_redacted_is_no_content() -> None:
    """It is among the attributes all the same."""
    span = told({"span.type": "interaction", "user_prompt": "<REDACTED>"})
    assert span["input"] is None
    assert span["attributes"]["user_prompt"] == "<REDACTED>"


def test_gemini_cli_leaves_thoughts_out_of_its_output() -> None:
    """Here they are a part of it."""
    span = told(
        {
            "gen_ai.operation.name": "llm_call",
            "gen_ai.request.model": "gemini-3-pro",
            "input_token_count": 57,
            "output_token_count": 17,
            "thoughts_token_count": 5,
            "cached_content_token_count": 32,
        },
        scope="gemini-cli",
    )
    assert span["tokens_out"] == 22
    assert span["tokens_reasoning"] == 5
    assert span["tokens_in"] == 57


def test_an_older_agent_development_kit_has_it_all_in_bodies() -> None:
    """Model, messages, tool calls and usage, from Google's request and response."""
    asked = {
        "model": "gemini-2.0-flash",
        "config": {"system_instruction": "Be brief."},
        "contents": [
            {"role": "user", "parts": [{"text": "Weather in Paris?"}]},
            {"role": "model", "parts": [{"function_call": {"name": "get", "args": {"c": 1}}}]},
            {
                "role": "user",
                "parts": [{"function_response": {"name": "get", "response": {"t": 21}}}],
            },
        ],
    }
    answered = {
        "content": {"role": "model", "parts": [{"text": "Sunny."}]},
        "usage_metadata": {
            "prompt_token_count": 57,
            "candidates_token_count": 12,
            "thoughts_token_count": 5,
            "cached_content_token_count": 32,
        },
    }
    span = told(
        {
            "gen_ai.system": "gcp.vertex.agent",
            "gcp.vertex.agent.llm_request": json.dumps(asked),
            "gcp.vertex.agent.llm_response": json.dumps(answered),
            "gcp.vertex.agent.session_id": "s-1",
        },
        name="call_llm",
    )
    assert [message["role"] for message in span["input"]] == ["user", "assistant", "tool"]
    assert span["input"][1]["tool_calls"][0]["arguments"] == {"c": 1}
    assert span["output"] == [
        {"role": "assistant", "content": [{"type": "text", "text": "Sunny."}]}
    ]
    assert (span["model"], span["provider"]) == ("gemini-2.0-flash", "google")
    assert span["framework"] == "gcp.vertex.agent"
    assert (span["tokens_in"], span["tokens_out"]) == (57, 17)
    assert span["session_id"] == "s-1"


def test_usage_inside_of_a_haystack_component() -> None:
    """A chat model's first reply carries it."""
    reply = {
        "role": "assistant",
        "content": [{"text": "Sunny."}],
        "meta": {"model": "gpt-4o-mini", "usage": {"prompt_tokens": 57, "completion_tokens": 17}},
    }
    span = told(
        {
            "haystack.component.name": "llm",
            "haystack.component.type": "OpenAIChatGenerator",
            "haystack.component.output": json.dumps({"replies": [reply]}),
        },
        name="haystack.component.run",
    )
    assert (span["name"], span["model"]) == ("llm", "gpt-4o-mini")
    assert (span["tokens_in"], span["tokens_out"]) == (57, 17)
    assert span["output"][0]["content"] == [{"type": "text", "text": "Sunny."}]


def test_messages_spread_over_keys_without_a_dialect_of_their_own() -> None:
    """LiteLLM numbers messages as OpenLLMetry does."""
    span = told(
        {
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.prompt.0.role": "user",
            "gen_ai.prompt.0.content": "Weather?",
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.content": "Sunny.",
        },
        name="litellm_request",
        scope="litellm",
    )
    assert span["input"][0]["content"] == [{"type": "text", "text": "Weather?"}]
    assert span["output"][0]["content"] == [{"type": "text", "text": "Sunny."}]


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"langfuse.observation.level": "ERROR"}, "Its level is ERROR."),
        (
            {
                "langfuse.observation.level": "ERROR",
                "langfuse.observation.status_message": "no such city",
            },
            "no such city",
        ),
        ({"logfire.level_num": 17}, "Its level is error."),
        ({"traceloop.span.kind": "task", "gen_ai.task.status": "failure"}, "The task failed."),
        ({"gen_ai.tool.status": "error"}, "The tool failed."),
        ({"litellm.call_id": "1", "error.code": "429"}, "429"),
    ],
)
def test_what_a_dialect_has_for_a_failure(attributes: dict[str, object], message: str) -> None:
    """Though the span's own status says nothing."""
    span = told(attributes)
    assert (span["status"], span["status_message"]) == ("error", message)


@pytest.mark.parametrize(
    "attributes",
    [
        {"langfuse.observation.level": "WARNING"},
        {"logfire.level_num": 13},
        {"gen_ai.tool.status": "success"},
        {"span.type": "tool", "success": True},
    ],
)
def test_what_is_no_failure(attributes: dict[str, object]) -> None:
    """A warning is none."""
    assert told(attributes)["status"] == "ok"


def test_a_logfire_span_goes_by_its_message() -> None:
    """Its own name is a template."""
    span = told({"logfire.msg": "process user_id=7"}, name="process {user_id=}")
    assert span["name"] == "process user_id=7"


def test_a_placeholder_is_the_span_that_it_stands_for() -> None:
    """Logfire sends one as a child when a span starts: that span runs, below its own parent."""
    above, runs = otlp.new_span_id(), otlp.new_span_id()
    (span,) = told_all(
        otlp.span(
            otlp.new_trace_id(),
            name="work",
            parent=runs,
            attributes={
                "logfire.span_type": "pending_span",
                "logfire.pending_parent_id": above,
            },
        )
    )
    assert span["span_id"] == runs
    assert span["parent_span_id"] == above
    assert (span["status"], span["end_time"]) == ("running", None)


@pytest.mark.parametrize(
    ("scope", "name", "attributes", "internal"),
    [
        ("autogen-core", "autogen publish t", {"messaging.operation": "publish"}, True),
        ("autogen-core", "invoke_agent a", {"gen_ai.operation.name": "invoke_agent"}, False),
        ("codex_exec", "fs.read_file", {}, True),
        ("codex_exec", "session_task.turn", {}, False),
        ("litellm", "raw_gen_ai_request", {}, True),
        ("litellm", "litellm_request", {}, False),
        ("", "initialize", {"mcp.method.name": "initialize"}, True),
        ("", "tools/call x", {"mcp.method.name": "tools/call"}, False),
        ("agent_framework", "message.send", {"message.type": "standard"}, True),
        ("gcp.vertex.agent", "execute_tool (merged)", {}, True),
        ("", "claude_code.tool.execution", {"span.type": "tool.execution"}, True),
        ("", "fs.read_file", {}, False),
    ],
)
def test_spans_of_a_frameworks_own_working(
    scope: str, name: str, attributes: dict[str, object], internal: bool
) -> None:
    """By rule of the dialect, and never what an agent does."""
    flags = told(dict(attributes), name=name, scope=scope)["flags"]
    assert ("internal" in flags) is internal


def test_an_internal_span_that_failed_is_not_left_out() -> None:
    """Whoever looks for what went wrong must find it."""
    span = told({}, name="fs.read_file", scope="codex_exec", status=2)
    assert "internal" not in span["flags"]


def test_counts_that_openlit_guessed() -> None:
    """Of a stream that brought no usage; one that did tells of its cache."""
    guessed = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.stream": True,
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 19,
    }
    scope = "openlit.instrumentation.openai"
    assert "usage_estimated" in told(guessed, scope=scope)["flags"]
    reported = guessed | {"gen_ai.usage.cache_read.input_tokens": 0}
    assert "usage_estimated" not in told(reported, scope=scope)["flags"]
    assert "usage_estimated" not in told(guessed, scope="another")["flags"]
