"""What one model costs, and what a call to it cost."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Rate"]

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Rate:
    """USD per million tokens. ``over`` holds the rates of long prompts, as (more than so many
    input tokens, rate), the largest first; past a threshold all tokens cost the higher rate, as
    Anthropic, Google and OpenAI bill it."""

    input: float
    output: float
    cache_read: float | None = None
    cache_write: float | None = None
    reasoning: float | None = None
    over: tuple[tuple[int, Rate], ...] = ()

    def cost(
        self,
        tokens_in: int | None,
        tokens_out: int | None,
        cached: int | None = None,
        cache_write: int | None = None,
        reasoning: int | None = None,
    ) -> float:
        """USD for one call. Cache reads and writes are part of the input and reasoning is part of
        the output, so every token is counted once, at the rate of what it is."""
        given, returned = tokens_in or 0, tokens_out or 0
        for threshold, rate in self.over:
            if given > threshold:
                return rate.cost(given, returned, cached, cache_write, reasoning)
        total = 0.0
        if cached:
            cached = min(cached, given)
            given -= cached
            total += cached * (self.input if self.cache_read is None else self.cache_read)
        if cache_write:
            cache_write = min(cache_write, given)
            given -= cache_write
            total += cache_write * (self.input if self.cache_write is None else self.cache_write)
        if reasoning and self.reasoning is not None:
            reasoning = min(reasoning, returned)
            returned -= reasoning
            total += reasoning * self.reasoning
        return (total + given * self.input + returned * self.output) / _MILLION
