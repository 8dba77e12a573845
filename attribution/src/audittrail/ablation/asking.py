"""Asking a model all that a step needs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from audittrail.ablation.measured import REPEATED, Measured
from audittrail.attribution import Answer, Mask

__all__ = ["Ask", "ask_step"]

Ask = Callable[[Mask, int], Awaitable[Answer]]
"""Asks for the answer to a mask; the number says which sample of it this is."""


async def ask_step(measured: Measured, ask: Ask) -> None:
    """Ask until the study is complete. What was measured before is not asked again.

    Raises what ``ask`` raises, once the calls beside it have ended: all that was answered is in
    ``measured`` then.
    """
    study = measured.study
    # Some orders of calls would leave one sample for another to overwrite; each has its number.
    await _all(
        measured, ask, [(study.full, n) for n in range(measured.count(study.full), REPEATED)]
    )
    samples = measured.samples
    lacking = [
        (mask, number)
        for mask in list(measured.answers)
        for number in range(measured.count(mask), samples)
    ]
    await _all(measured, ask, lacking)
    while masks := await asyncio.to_thread(study.next, measured.values()):
        await _all(measured, ask, [(mask, n) for mask in masks for n in range(samples)])


async def _all(measured: Measured, ask: Ask, wanted: Sequence[tuple[Mask, int]]) -> None:
    async def one(mask: Mask, number: int) -> None:
        measured.add(mask, await ask(mask, number))

    tasks = [asyncio.create_task(one(mask, number)) for mask, number in wanted]
    try:
        done = await asyncio.gather(*tasks, return_exceptions=True)
    except asyncio.CancelledError:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
    failed = next((each for each in done if isinstance(each, BaseException)), None)
    if failed is not None:
        raise failed
