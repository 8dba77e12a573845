"""Parameters that models refuse: reasoning models take no temperature, some endpoints no seed."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from audittrail.ablation.failures import EndpointError

__all__ = ["ParameterRefused", "Unsupported", "refused_parameter", "without"]

# Those that a call can do without, and the earlier the better: where a message names two that do
# not go together, such as top_p and temperature, the first is left out.
_DISPENSABLE: Final = (
    "top_logprobs",
    "logprobs",
    "n",
    "parallel_tool_calls",
    "presence_penalty",
    "frequency_penalty",
    "seed",
    "top_p",
    "temperature",
    "max_tokens",
    "max_completion_tokens",
)
# The bound of an answer has two names, and is never left out: it bounds what a call costs.
_RENAMED: Final[Mapping[str, str]] = {
    "max_tokens": "max_completion_tokens",
    "max_completion_tokens": "max_tokens",
}
_DEPENDING: Final[Mapping[str, str]] = {"logprobs": "top_logprobs"}
_UNNAMED: Final = ("", "none", "null")


class ParameterRefused(EndpointError):
    """The model does without ``parameter``."""

    def __init__(self, message: str, parameter: str) -> None:
        super().__init__(message)
        self.parameter = parameter


class Unsupported:
    """What each model is known to refuse."""

    def __init__(self) -> None:
        self._known: dict[str, frozenset[str]] = {}

    def known(self, model: str) -> frozenset[str]:
        return self._known.get(model, frozenset())

    def remember(self, model: str, refused: Collection[str]) -> None:
        """Once a call without them succeeded."""
        if refused:
            self._known[model] = self.known(model) | frozenset(refused)


def without(body: Mapping[str, Any], refused: Collection[str]) -> tuple[dict[str, Any], list[str]]:
    """The body as the model takes it, and the parameters of it that are not sent as they were."""
    stripped = [name for name in body if name in refused]
    for name, more in _DEPENDING.items():
        if name in stripped and more in body and more not in stripped:
            stripped.append(more)
    sent = {name: value for name, value in body.items() if name not in stripped}
    for name in stripped:
        if name in _RENAMED:
            sent.setdefault(_RENAMED[name], body[name])
    return sent, sorted(stripped)


def refused_parameter(
    param: Any, message: str, sent: Mapping[str, Any], refused: Collection[str]
) -> str | None:
    """Which parameter an error of a request is about, if a request can do without it: by the
    error's ``param``, else by its message."""
    can_go = [
        name
        for name in _DISPENSABLE
        if name in sent and name not in refused and _RENAMED.get(name) not in refused
    ]
    if isinstance(param, str) and param.lower() not in _UNNAMED:
        return param if param in can_go else None
    return next((name for name in can_go if _names(message, name)), None)


def _names(message: str, name: str) -> bool:
    """A word of one letter is a parameter's name only in quotes."""
    edges = (r"(?<!\w)", r"(?!\w)") if len(name) > 1 else (r"['\"`]", r"['\"`]")
    return re.search(edges[0] + name + edges[1], message, re.IGNORECASE) is not None
