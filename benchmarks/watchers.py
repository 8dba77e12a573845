"""Watch one live trace over so many sockets of the dashboard, until stdin closes.

Browsers draw on machines of their own; here only what they ask of the server is done. Prints how
many messages came, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys

import websockets


async def _watch(url: str, counts: list[int]) -> None:
    async with websockets.connect(url, max_size=None) as socket:
        async for _ in socket:
            counts[0] += 1


async def _main(url: str, viewers: int) -> None:
    counts = [0]
    tasks = [asyncio.create_task(_watch(url, counts)) for _ in range(viewers)]
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    problems = await asyncio.gather(*tasks, return_exceptions=True)
    for problem in problems:
        if isinstance(problem, Exception):
            raise problem
    print(json.dumps({"messages": counts[0]}))


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], int(sys.argv[2])))
