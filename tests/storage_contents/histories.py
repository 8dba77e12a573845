"""The forms in which agents send their history again with every model call."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any, Final

__all__ = ["MESSAGE", "histories"]

# Characters of a message.
MESSAGE: Final = 1000

_COMPACT: Final = (",", ":")


def histories(turns: int) -> Iterator[dict[str, str]]:
    """Form -> text, for each of the turns. Each turn adds a question and an answer; the answer of
    the last one is sent nowhere."""
    choice = random.Random(turns)
    words = ["".join(choice.choices("etaoinshrdlu", k=choice.randint(3, 9))) for _ in range(3000)]

    def message(role: str) -> dict[str, str]:
        return {"role": role, "content": " ".join(choice.choices(words, k=MESSAGE))[:MESSAGE]}

    messages = [message("system")]
    for turn in range(turns):
        messages.append(message("tool" if turn % 2 else "user"))
        yield _forms(turn, messages)
        messages.append(message("assistant"))


def _forms(turn: int, messages: list[dict[str, str]]) -> dict[str, str]:
    parts = [
        {"role": each["role"], "parts": [{"type": "text", "content": each["content"]}]}
        for each in messages
    ]
    request = {"messages": messages, "model": "gpt", "n": turn}
    openinference = {
        "llm.model_name": "gpt",
        "llm.token_count.prompt": 100 + turn * 7,
        **_flat("llm.input_messages.{}.message.{}", messages),
        "session.id": "s",
    }
    traceloop = {
        "gen_ai.system": "openai",
        **_flat("gen_ai.prompt.{}.{}", messages),
        "gen_ai.usage.prompt_tokens": turn * 77,
    }
    cached = {**messages[-1], "cache_control": {"type": "ephemeral"}}
    return {
        "compact": json.dumps(parts, separators=_COMPACT),
        "spaced": json.dumps(parts),
        "pretty": json.dumps(parts, indent=2),
        "newest first": json.dumps(parts[:1] + parts[:0:-1]),
        "openinference": json.dumps(openinference, separators=_COMPACT),
        "escaped compact": json.dumps({"input.value": json.dumps(request)}, separators=_COMPACT),
        "escaped spaced": json.dumps({"llm_request": json.dumps(request), "turn": turn}),
        "traceloop": json.dumps(traceloop, separators=_COMPACT),
        "plain": "\n\n".join(f"{each['role']}: {each['content']}" for each in messages),
        "cache_control moved": json.dumps([*messages[:-1], cached]),
    }


def _flat(key: str, messages: list[dict[str, str]]) -> dict[str, Any]:
    return {
        key.format(number, field): value
        for number, each in enumerate(messages)
        for field, value in each.items()
    }
