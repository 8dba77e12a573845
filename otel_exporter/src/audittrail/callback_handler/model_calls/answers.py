"""What a model answered: messages, tool calls, why it ended, who answered, what it used."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from opentelemetry.util.types import AttributeValue

from audittrail import semconv
from audittrail.callback_handler.model_calls.messages import calls_of, message
from audittrail.callback_handler.model_calls.usage import usage_of

__all__ = ["answer_attributes", "generations_of", "output_messages", "tool_calls"]

_REASONS: Final = ("finish_reason", "stop_reason", "stopReason", "finishReason", "done_reason")
_MODELS: Final = ("model_name", "model", "model_id", "model_version")
# Ids that LangChain makes up where the provider gives none.
_OWN_IDS: Final = ("run-", "run--", "lc_", "lc_run-")


def generations_of(response: Any) -> list[Any]:
    """The answers to one request; several only where several were asked for."""
    found = getattr(response, "generations", None)
    if not isinstance(found, list | tuple):
        return []
    return [each for inner in found if isinstance(inner, list | tuple) for each in inner]


def output_messages(generations: Iterable[Any]) -> list[dict[str, Any]]:
    made = []
    for generation in generations:
        said = getattr(generation, "message", None)
        if said is None:
            content = getattr(generation, "text", None)
            one = {"role": "assistant", "parts": [{"type": "text", "content": content}]}
        else:
            one = message(said)
        if reason := _reason(generation):
            one["finish_reason"] = reason
        made.append(one)
    return made


def tool_calls(generations: Iterable[Any], offered: list[str]) -> list[dict[str, Any]]:
    """The calls that were asked for, each with the tools that could have been chosen."""
    chosen_from = {"selected_from": offered} if offered else {}
    return [
        {**call, **chosen_from}
        for generation in generations
        for call in calls_of(getattr(generation, "message", None))
    ]


def answer_attributes(response: Any, generations: list[Any]) -> dict[str, AttributeValue]:
    """Everything but the content."""
    llm_output = getattr(response, "llm_output", None)
    holders = [*_holders(generations), *([llm_output] if isinstance(llm_output, Mapping) else [])]
    found: dict[str, AttributeValue] = {}
    if reasons := [reason for each in generations if (reason := _reason(each))]:
        found["gen_ai.response.finish_reasons"] = reasons
    if model := _first_text(holders, _MODELS):
        found["gen_ai.response.model"] = model.removeprefix("models/")
    if response_id := _response_id(holders, generations):
        found["gen_ai.response.id"] = response_id
    if _from_cache(generations):
        # LangChain's own cache answered: nothing was sent, and it cost nothing.
        found[semconv.COST] = 0.0
        return found
    found |= usage_of(llm_output, generations).attributes()
    return found


def _holders(generations: Iterable[Any]) -> list[Mapping[str, Any]]:
    found = []
    for generation in generations:
        said = getattr(generation, "message", None)
        found.append(getattr(said, "response_metadata", None))
        found.append(getattr(generation, "generation_info", None))
    return [holder for holder in found if isinstance(holder, Mapping)]


def _reason(generation: Any) -> str | None:
    return _first_text(_holders([generation]), _REASONS)


def _response_id(holders: list[Mapping[str, Any]], generations: Iterable[Any]) -> str | None:
    if found := _first_text(holders, ("id", "response_id")):
        return found
    for generation in generations:
        own = getattr(getattr(generation, "message", None), "id", None)
        if isinstance(own, str) and own and not own.startswith(_OWN_IDS):
            return own
    return None


def _from_cache(generations: Iterable[Any]) -> bool:
    for generation in generations:
        usage = getattr(getattr(generation, "message", None), "usage_metadata", None)
        cost = usage.get("total_cost") if isinstance(usage, Mapping) else None
        if isinstance(cost, int | float) and math.isclose(cost, 0.0):
            return True
    return False


def _first_text(holders: Iterable[Mapping[str, Any]], keys: tuple[str, ...]) -> str | None:
    for holder in holders:
        for key in keys:
            value = holder.get(key)
            if isinstance(value, str) and value:
                return value
            if value is not None and isinstance(name := getattr(value, "name", None), str):
                return name  # an enumeration of Google's
    return None
