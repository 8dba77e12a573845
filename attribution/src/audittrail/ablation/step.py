"""A step: one model call that is explained, with all that is needed to ask it again."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from audittrail.ablation.likelihood import ASKED_FOR
from audittrail.ablation.measure import Measure
from audittrail.ablation.sources import Prompt, Source
from audittrail.attribution import Answer, Mask, Player, Study, ToolCall

__all__ = ["Step", "answer_dict", "answer_from"]

_CHARACTERS_A_TOKEN: Final = 4
# What delimits a message, and a tool call in it.
_FRAME_TOKENS: Final = 4
# An answer to a masked prompt may come out longer than the recorded one.
_LONGER: Final = 1.5
_FEWEST_OUT: Final = 64
_UNKNOWN_OUT: Final = 1024
_REPEATS: Final = 3


@dataclass(frozen=True)
class Step:
    """``span_id`` is the hexadecimal id, ``shown_id`` the sender's. ``depth`` is how many steps
    lead from here to the final answer. ``sentence`` is the one that is explained, if one is.
    ``notices`` say what cannot be asked again as it was."""

    span_id: str
    shown_id: str
    name: str
    depth: int
    start_ns: int
    measure: Measure
    sentence: str | None
    prompt: Prompt
    recorded: Answer
    model: str
    provider: str | None
    tools: tuple[Mapping[str, Any], ...]
    parameters: Mapping[str, float | int]
    tokens_in: int | None
    tokens_out: int | None
    mode: str
    seed: int
    notices: tuple[str, ...] = ()

    @property
    def players(self) -> list[Source]:
        return self.prompt.players

    def study(self) -> Study:
        players = [Player(source.id, source.group) for source in self.players]
        mode: Any = self.mode
        return Study(players, mode=mode, seed=self.seed)

    def removed(self, mask: Mask) -> set[str]:
        """Ids of the sources that are not in a mask."""
        return {source.id for place, source in enumerate(self.players) if not mask >> place & 1}

    @property
    def repeats(self) -> int:
        """How often the full prompt is asked first, to see whether the answer repeats itself. One
        that is not written does."""
        return 1 if self.measure == "likelihood" else _REPEATS

    @property
    def most_tokens_out(self) -> int:
        """What one answer is limited to."""
        if self.measure == "likelihood":
            return int(ASKED_FOR["max_tokens"])
        recorded = self.parameters.get("max_tokens")
        known = self.tokens_out
        wanted = _UNKNOWN_OUT if known is None else max(_FEWEST_OUT, math.ceil(_LONGER * known))
        return wanted if recorded is None else min(int(recorded), wanted)

    def body(self, mask: Mask) -> dict[str, Any]:
        """The request for a chat completion, without the sources that are not in the mask."""
        # Where nothing was recorded, the answer that repeats itself is the cheaper one to explain.
        body: dict[str, Any] = {"temperature": 0, "seed": self.seed, **self.parameters}
        body |= {
            "model": self.model,
            "messages": self.prompt.without(self.removed(mask)),
            "max_tokens": self.most_tokens_out,
        }
        if self.tools:
            body["tools"] = [dict(tool) for tool in self.tools]
        if self.measure == "likelihood":
            body["messages"].append({"role": "assistant", "content": self.recorded.text})
            body |= ASKED_FOR
        return body

    def tokens(self, mask: Mask) -> int:
        """Input tokens of the prompt of a mask: as many characters a token as the recorded prompt
        had, or 4 where its tokens were not recorded."""
        weight = self._weight(self.removed(mask))
        a_unit = self.tokens_in / self._weight(set()) if self.tokens_in else 1.0
        if self.measure == "likelihood":
            weight += len(self.recorded.text) / _CHARACTERS_A_TOKEN + _FRAME_TOKENS
        return math.ceil(weight * a_unit)

    def _weight(self, removed: set[str]) -> float:
        characters = sum(len(json.dumps(tool)) for tool in self.tools)
        frames = 0
        messages = self.prompt.without(removed)
        for message in messages:
            content = message["content"]
            if isinstance(content, list):
                content = "".join(str(part.get("text") or "") for part in content)
            characters += len(content or "")
            frames += 1 + len(message.get("tool_calls") or ())
            for call in message.get("tool_calls") or ():
                characters += len(call["function"]["name"]) + len(call["function"]["arguments"])
        return characters / _CHARACTERS_A_TOKEN + _FRAME_TOKENS * frames

    def as_dict(self) -> dict[str, Any]:
        said = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {
            **said,
            "prompt": self.prompt.as_dict(),
            "recorded": answer_dict(self.recorded),
            "tools": list(self.tools),
            "parameters": dict(self.parameters),
            "notices": list(self.notices),
        }

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> Step:
        return cls(
            **{
                **said,
                "prompt": Prompt.from_dict(said["prompt"]),
                "recorded": answer_from(said["recorded"]),
                "tools": tuple(said["tools"]),
                "notices": tuple(said["notices"]),
            }
        )


def answer_dict(answer: Answer) -> dict[str, Any]:
    calls = [{"name": call.name, "arguments": call.arguments} for call in answer.tool_calls]
    return {"text": answer.text, "tool_calls": calls}


def answer_from(said: Mapping[str, Any]) -> Answer:
    return Answer(said["text"], tuple(ToolCall(**call) for call in said["tool_calls"]))
