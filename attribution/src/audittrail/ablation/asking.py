"""Asking a model all that a step needs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from audittrail.ablation.measured import Measured
from audittrail.attribution import Mask

__all__ = ["Ask", "ask_step"]

Ask = Callable[[Mask, int], Awaitable[None]]
"""Asks for the answer to a mask, and puts it to what was measured; the number says which sample of
the mask this is."""


async def ask_step(measured: Measured, ask: Ask) -> None:
    """Ask until the study is complete. What was measured before is not asked again.

    Raises what ``ask`` raises, once the calls beside it have ended.
    """
    study = measured.study
    repeats = range(measured.count(study.full), measured.step.repeats)
    await _all(ask, [(study.full, number) for number in repeats])
    samples = measured.samples
    lacking = [
        (mask, number)
        for mask in list(measured.answers)
        for number in range(measured.count(mask), samples)
    ]
    await _all(ask, lacking)
    while masks := await asyncio.to_thread(study.next, measured.values()):
        await _all(ask, [(mask, number) for mask in masks for number in range(samples)])


async def _all(ask: Ask, wanted: Sequence[tuple[Mask, int]]) -> None:
    calls = (ask(mask, number) for mask, number in wanted)
    done = await asyncio.gather(*calls, return_exceptions=True)
    failed = next((each for each in done if isinstance(each, BaseException)), None)
    if failed is not None:
        raise failed
