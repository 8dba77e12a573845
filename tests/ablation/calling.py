"""Calls of a model, and scripts of models that answer in turn or are picky."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from audittrail.ablation.completion import Completion
from audittrail.ablation.endpoint import Endpoint
from audittrail.ablation.failures import EndpointError
from audittrail.ablation.retrying import Backoff
from audittrail.testing.model_server import (
    Answer,
    Failure,
    ModelRequest,
    ModelServer,
    Script,
    unsupported_parameter,
)
from tests.ablation.raw_server import RawServer, raw_server

KEY = "sk-quite-secret-1234567890"
QUESTION = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Which? 🙂"}]}
QUICK = Backoff(first=0.001, longest=0.002, longest_asked=0.05)

T = TypeVar("T")


def run(
    base_url: str, work: Callable[[Endpoint], Awaitable[T]], key: str | None = KEY, **options: Any
) -> T:
    async def working() -> T:
        endpoint = Endpoint(
            base_url, key, **{"allow_private": False, "backoff": QUICK, "retries": 3} | options
        )
        try:
            return await work(endpoint)
        finally:
            await endpoint.aclose()

    return asyncio.run(working())


def ask(server: ModelServer, body: dict[str, Any] | None = None, **options: Any) -> Completion:
    return run(server.base_url, lambda endpoint: endpoint.chat(body or QUESTION), **options)


def ask_raw(*answers: bytes | None, **options: Any) -> tuple[Completion | EndpointError, RawServer]:
    """What becomes of these answers, and the server that gave them."""

    async def working() -> tuple[Completion | EndpointError, RawServer]:
        async with raw_server(*answers) as server:
            endpoint = Endpoint(
                server.base_url,
                KEY,
                **{"allow_private": False, "backoff": QUICK, "retries": 3} | options,
            )
            try:
                return await endpoint.chat(QUESTION), server
            except EndpointError as error:
                return error, server
            finally:
                await endpoint.aclose()

    return asyncio.run(working())


def refused_raw(*answers: bytes | None, **options: Any) -> EndpointError:
    found, _ = ask_raw(*answers, **options)
    assert isinstance(found, EndpointError)
    return found


def turns(*answers: Answer) -> Script:
    """One answer after the other, the last one for ever."""
    left = list(answers)
    lock = threading.Lock()

    def script(request: ModelRequest) -> Answer:
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return script


def picky(*names: str, message: str | None = None) -> Script:
    """A model that refuses these parameters, one after the other."""

    def script(request: ModelRequest) -> Answer:
        for name in names:
            if name in request.body:
                if message is None:
                    return unsupported_parameter(name)
                return Answer(error=Failure(400, message.format(name)))
        return Answer("fine")

    return script
