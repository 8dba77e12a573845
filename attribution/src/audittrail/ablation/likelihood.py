"""How likely a model finds the recorded answer, from the log-probabilities of a prompt.

Some endpoints (vLLM's) give the log-probability of each token of a prompt. With the recorded answer
as the last message of the prompt, those of its tokens say how likely it is. No answer is written,
so it explains the record and not a re-run, and repeats itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from audittrail.ablation.failures import EndpointError

__all__ = ["ASKED_FOR", "answer_likelihood", "prompt_logprobs_of"]

# One token has to be written; the log-probabilities are those of the tokens that are there.
ASKED_FOR: Final[Mapping[str, Any]] = {
    "prompt_logprobs": 0,
    "add_generation_prompt": False,
    "continue_final_message": True,
    "max_tokens": 1,
}
_NOT_GIVEN: Final = (
    "This endpoint gives no log-probabilities of a prompt (prompt_logprobs), so the likelihood of "
    "the recorded answer cannot be measured. Choose another measure, or an endpoint that does, "
    "such as vLLM's."
)
_OTHERS: Final = (
    "The log-probabilities that the endpoint gave are not those of the recorded answer's tokens."
)


def prompt_logprobs_of(payload: Mapping[str, Any]) -> tuple[tuple[str, float], ...] | None:
    """(text, log-probability) of each token but the first, which has none; None if the endpoint
    gave none. Each token comes as a dictionary by token id, the token that is there first."""
    given = payload.get("prompt_logprobs")
    if not isinstance(given, list):
        return None
    found = []
    for entry in given:
        token = next(iter(entry.values()), None) if isinstance(entry, Mapping) else None
        if isinstance(token, Mapping) and isinstance(token.get("logprob"), int | float):
            found.append((str(token.get("decoded_token") or ""), float(token["logprob"])))
    return tuple(found)


def answer_likelihood(tokens: Sequence[tuple[str, float]] | None, answer: str) -> float:
    """The geometric mean of the probabilities of the answer's tokens, in [0, 1]. ``tokens`` are
    those of the whole prompt, the answer at its end. Raises EndpointError if they are not."""
    if tokens is None:
        raise EndpointError(_NOT_GIVEN)
    wanted = _plain(answer)
    said = ""
    taken: list[float] = []
    for text, logprob in reversed(tokens):
        if not said and not _plain(text):
            continue  # what a template puts behind a message
        said = _plain(text) + said
        taken.append(logprob)
        if said == wanted:
            return math.exp(min(0.0, math.fsum(taken) / len(taken)))
        if len(said) > len(wanted):
            break
    raise EndpointError(_OTHERS)


def _plain(text: str) -> str:
    """Without spaces, and without characters that may be cut apart by tokens."""
    return "".join(letter for letter in text if letter.isascii() and not letter.isspace())
