"""What a span says when its run starts, so that it can be seen while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.util.types import AttributeValue

from audittrail import semconv
from audittrail.callback_handler import graph, kinds
from audittrail.callback_handler.content import Content
from audittrail.callback_handler.guard import attempt
from audittrail.callback_handler.model_calls.messages import split_system
from audittrail.callback_handler.model_calls.requests import offered_tools, request_attributes
from audittrail.callback_handler.runs import Run
from audittrail.callback_handler.states import plain_state
from audittrail.content import to_json

__all__ = [
    "Start",
    "chain_start",
    "chat_start",
    "llm_start",
    "retriever_start",
    "tool_start",
    "user_metadata",
]


@dataclass
class Start:
    """A run that starts, and what LangChain says of it."""

    serialized: Any
    name: Any
    tags: list[str]
    metadata: Mapping[str, Any]
    parent: Run | None
    content: Content
    attributes: dict[str, AttributeValue] = field(default_factory=dict)
    offered: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, serialized: Any, parent: Run | None, content: Content, said: Any) -> Start:
        tags, metadata = said.get("tags"), said.get("metadata")
        return cls(
            serialized,
            said.get("name"),
            [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else [],
            metadata if isinstance(metadata, Mapping) else {},
            parent,
            content,
        )

    def finish(self, kind: kinds.Kind) -> kinds.Kind:
        """Add what every span says."""
        if kind.type is None:
            return kind
        self.attributes[semconv.SPAN_TYPE] = kind.type
        self.attributes |= graph.graph_attributes(self.metadata, is_node=kind.is_node)
        if tags := graph.own_tags(self.tags):
            self.attributes["langchain.tags"] = tags[:64]
        if (number := graph.attempt_of(self.tags)) is not None:
            self.attributes[semconv.RETRY_ATTEMPT] = number
        acting = kind.agent_name or (self.parent.agent_name if self.parent is not None else None)
        if acting and kind.type in ("agent", "llm", "tool"):
            self.attributes["gen_ai.agent.name"] = acting
        return kind

    def put(self, key: str, make: Callable[[], Any]) -> None:
        """Content, as far as it may be sent."""
        if (text := self.content.text("input", make)) is not None:
            self.attributes[key] = text


def chain_start(start: Start, inputs: Any) -> kinds.Kind:
    kind = kinds.chain_kind(start.serialized, start.name, start.tags, start.metadata, start.parent)
    if kind.type is None:
        return kind
    start.put(semconv.INPUT, lambda: plain_state(inputs))
    if kind.type == "agent":
        start.attributes["gen_ai.operation.name"] = "invoke_agent"
    return start.finish(kind)


def chat_start(start: Start, messages: Any, params: Any) -> kinds.Kind:
    """Messages come as a list for each request; LangChain reports each request by itself."""
    said = messages[0] if isinstance(messages, list) and len(messages) == 1 else messages
    given = said if isinstance(said, list | tuple) else [said]
    nothing: list[Any] = []
    system, others = attempt("the messages", lambda: split_system(given), (nothing, nothing))
    if system:
        start.put("gen_ai.system_instructions", lambda: system)
    if others or not system:
        start.put("gen_ai.input.messages", lambda: others)
    return _model_start(start, "chat", params)


def llm_start(start: Start, prompts: Any, params: Any) -> kinds.Kind:
    given = prompts if isinstance(prompts, list | tuple) else [prompts]
    messages = [
        {"role": "user", "parts": [{"type": "text", "content": prompt}]} for prompt in given
    ]
    start.put("gen_ai.input.messages", lambda: messages)
    return _model_start(start, "text_completion", params)


def _model_start(start: Start, operation: str, params: Any) -> kinds.Kind:
    found: dict[str, AttributeValue] = attempt(
        "the request",
        lambda: request_attributes(params, start.metadata, start.serialized),
        {},
    )
    start.attributes |= found
    start.attributes["gen_ai.operation.name"] = operation
    start.offered = attempt("the tools on offer", lambda: offered_tools(params), [])
    model = found.get("gen_ai.request.model")
    called = model or kinds.run_name(start.serialized, start.name, "model")
    return start.finish(kinds.Kind("llm", f"{operation} {called}"))


def tool_start(start: Start, input_str: Any, inputs: Any, call_id: Any) -> kinds.Kind:
    called = kinds.run_name(start.serialized, start.name, "tool")
    start.attributes["gen_ai.operation.name"] = "execute_tool"
    start.attributes["gen_ai.tool.name"] = called
    start.attributes["gen_ai.tool.type"] = "function"
    if text := kinds.text(call_id):
        start.attributes["gen_ai.tool.call.id"] = text
    described = start.serialized.get("description") if isinstance(start.serialized, Mapping) else 0
    if text := kinds.text(described):
        start.attributes["gen_ai.tool.description"] = to_json(text, 4_096)
    arguments = input_str if inputs is None else inputs
    start.put("gen_ai.tool.call.arguments", lambda: plain_state(arguments))
    return start.finish(kinds.Kind("tool", f"execute_tool {called}"))


def retriever_start(start: Start, query: Any) -> kinds.Kind:
    called = kinds.run_name(start.serialized, start.name, "retriever")
    start.attributes["gen_ai.operation.name"] = "retrieval"
    start.put("gen_ai.retrieval.query.text", lambda: query)
    for key, ours in (
        ("ls_vector_store_provider", "langchain.retriever.vector_store"),
        ("ls_embedding_provider", "langchain.retriever.embedding_provider"),
        ("ls_embedding_model", "langchain.retriever.embedding_model"),
    ):
        if text := kinds.text(start.metadata.get(key)):
            start.attributes[ours] = text
    return start.finish(kinds.Kind("retriever", f"retrieval {called}"))


def user_metadata(metadata: Mapping[str, Any], content: Content) -> str | None:
    """The metadata that the user gave, as JSON."""
    own = graph.own_metadata(metadata)
    return content.text("input", lambda: plain_state(own)) if own else None
