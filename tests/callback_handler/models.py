"""Models that say what they are told to say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field

USAGE = {"input_tokens": 12, "output_tokens": 5, "total_tokens": 17}


class Scripted(BaseChatModel):
    """Gives its answers in turn; an exception among them is raised. ``chunks`` are what it streams,
    if it streams. ``llm_output`` and ``generation_info`` go with every answer."""

    answers: list[Any] = Field(default_factory=list)
    chunks: list[Any] = Field(default_factory=list)
    llm_output: dict[str, Any] | None = None
    generation_info: dict[str, Any] | None = None
    params: dict[str, Any] = Field(default_factory=dict)
    turn: int = 0

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> Any:
        return {"ls_provider": "openai", "ls_model_name": "gpt-4o-mini", "ls_model_type": "chat"}

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return self.params

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Any:
        declared = [{"type": "function", "function": {"name": tool.name}} for tool in tools]
        return self.bind(tools=declared, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> ChatResult:
        answer = self.answers[min(self.turn, len(self.answers) - 1)]
        self.turn += 1
        if isinstance(answer, BaseException):
            raise answer
        several = answer if isinstance(answer, list) else [answer]
        return ChatResult(
            generations=[
                ChatGeneration(
                    message=each.model_copy(), generation_info=self.generation_info or {}
                )
                for each in several
            ],
            llm_output=self.llm_output,
        )


class Streaming(Scripted):
    """Streams its chunks; one that is an exception is raised."""

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for chunk in self.chunks:
            if isinstance(chunk, BaseException):
                raise chunk
            yield ChatGenerationChunk(message=chunk.model_copy())

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for chunk in self._stream(messages):
            yield chunk


def says(text: str, **more: Any) -> AIMessage:
    return AIMessage(text, usage_metadata=USAGE, **more)


def calls(name: str, arguments: dict[str, Any], call_id: str = "call_1") -> AIMessage:
    call = {"name": name, "args": arguments, "id": call_id, "type": "tool_call"}
    return AIMessage("", tool_calls=[call], usage_metadata=USAGE)


def streamed(*texts: str) -> list[AIMessageChunk]:
    """Chunks of an answer: first an empty one, and the usage in the last."""
    last = AIMessageChunk(
        "", usage_metadata=USAGE, response_metadata={"finish_reason": "stop"}, id="chatcmpl-1"
    )
    return [AIMessageChunk("", id="chatcmpl-1"), *map(AIMessageChunk, texts), last]
