"""AuditTrail's own span attributes.

They say what the OpenTelemetry ``gen_ai.*`` conventions have no word for (what a step is, what
it cost, that it still runs), and a few that they have a word for, so that an agent needs no
second vocabulary. Where both are present, ``audittrail.*`` wins. All of it is plain OTLP: other
backends keep the attributes and ignore their meaning. ``docs/semantic-conventions.md`` is made
from this module.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

__all__ = [
    "ATTRIBUTES",
    "SPAN_TYPES",
    "Attribute",
]


class Attribute(NamedTuple):
    """One attribute: its key, its OTLP type, what it means and an example."""

    key: str
    type: Literal["string", "int", "double", "boolean"]
    meaning: str
    example: str


SPAN_TYPES: Final = (
    "llm",
    "tool",
    "agent",
    "chain",
    "retriever",
    "embedding",
    "reranker",
    "guardrail",
    "custom",
)

SPAN_TYPE: Final = "audittrail.span.type"
RUNNING: Final = "audittrail.span.running"
HEARTBEAT: Final = "audittrail.span.heartbeat"
INTERRUPTED: Final = "audittrail.interrupted"
RETRY_ATTEMPT: Final = "audittrail.retry.attempt"
INPUT: Final = "audittrail.input"
OUTPUT: Final = "audittrail.output"
MODEL: Final = "audittrail.model"
PROVIDER: Final = "audittrail.provider"
TOKENS_IN: Final = "audittrail.tokens.input"
TOKENS_OUT: Final = "audittrail.tokens.output"
TOKENS_CACHED: Final = "audittrail.tokens.cache_read"
TOKENS_CACHE_WRITE: Final = "audittrail.tokens.cache_write"
TOKENS_REASONING: Final = "audittrail.tokens.reasoning"
TTFT_MS: Final = "audittrail.time_to_first_token_ms"
COST: Final = "audittrail.cost"
TOOL_CALLS: Final = "audittrail.tool_calls"
AGENT_NAME: Final = "audittrail.agent.name"
ENVIRONMENT: Final = "audittrail.environment"
SESSION_ID: Final = "audittrail.session.id"
USER_ID: Final = "audittrail.user.id"
FRAMEWORK: Final = "audittrail.framework"

ATTRIBUTES: Final = (
    Attribute(
        SPAN_TYPE,
        "string",
        f"What the step is: one of {', '.join(SPAN_TYPES)}. Anything else is shown as custom.",
        "tool",
    ),
    Attribute(
        RUNNING,
        "boolean",
        "True on a version of the span that is sent before it ends. The final version, sent with "
        "the same span id and without this attribute, replaces it. A span whose end time is 0 is "
        "running as well.",
        "true",
    ),
    Attribute(
        HEARTBEAT,
        "int",
        "How often a span that still runs was sent again. It tells a long step from one whose "
        "agent is gone.",
        "3",
    ),
    Attribute(
        INTERRUPTED,
        "boolean",
        "True where the step stopped to wait for somebody, such as a person who approves.",
        "true",
    ),
    Attribute(
        RETRY_ATTEMPT,
        "int",
        "Which attempt this is, where a failed step is tried again.",
        "2",
    ),
    Attribute(
        INPUT,
        "string",
        "What the step was given: plain text, or JSON. Messages of a model call are a JSON array "
        'of {"role", "content"} objects.',
        '[{"role": "user", "content": "Weather in Paris?"}]',
    ),
    Attribute(OUTPUT, "string", "What the step returned, in the same forms.", '{"temp_c": 21}'),
    Attribute(MODEL, "string", "The model that answered.", "gpt-4o-mini-2024-07-18"),
    Attribute(PROVIDER, "string", "Who served the model.", "openai"),
    Attribute(
        TOKENS_IN, "int", "Tokens read by the model, cache reads and writes included.", "1200"
    ),
    Attribute(TOKENS_OUT, "int", "Tokens written by the model, reasoning included.", "85"),
    Attribute(TOKENS_CACHED, "int", "How many of the input tokens came from a cache.", "1024"),
    Attribute(TOKENS_CACHE_WRITE, "int", "How many of them were written to a cache.", "0"),
    Attribute(TOKENS_REASONING, "int", "How many of the output tokens were reasoning.", "20"),
    Attribute(
        TTFT_MS, "double", "Milliseconds from the request to the first token of a stream.", "412.5"
    ),
    Attribute(
        COST,
        "double",
        "What the step cost, in USD, as the agent knows it. It is shown with the badge agent and "
        "is never recomputed; 0 means free.",
        "0.00042",
    ),
    Attribute(
        TOOL_CALLS,
        "string",
        "JSON array of the tool calls that a model asked for: objects with id, name, arguments, "
        "selected_from (the names of the tools on offer) and, once known, result (an object or "
        "null).",
        '[{"id": "call_1", "name": "get_weather", "arguments": {"city": "Paris"}}]',
    ),
    Attribute(AGENT_NAME, "string", "The agent that acts.", "weather-agent"),
    Attribute(
        ENVIRONMENT,
        "string",
        "Where it runs. The resource attribute deployment.environment.name serves as well.",
        "production",
    ),
    Attribute(SESSION_ID, "string", "The conversation that the trace belongs to.", "thread-42"),
    Attribute(USER_ID, "string", "Whom the agent served.", "user-7"),
    Attribute(FRAMEWORK, "string", "What the agent is built with.", "langgraph"),
)
