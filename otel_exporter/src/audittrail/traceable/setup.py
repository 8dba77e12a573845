"""Starting and stopping: each may be awaited, or simply called."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Generator, Mapping
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter

from audittrail.otel_exporter import configure, shutdown
from audittrail.otel_exporter.settings import Compression, Protocol
from audittrail.traceable.harmless import report
from audittrail.traceable.redaction import Redact, set_redact

__all__ = ["Done", "init_tracer", "shutdown_tracer"]

_T = TypeVar("_T")


class Done(Awaitable[_T], Generic[_T]):
    """Something that happens whether or not it is awaited."""

    def __init__(self, future: Future[_T]) -> None:
        self._future = future

    def __await__(self) -> Generator[Any, None, _T]:
        if not self._future.done():
            yield from asyncio.wrap_future(self._future).__await__()
        return self._future.result()


def init_tracer(
    *,
    redact: Redact | None = None,
    endpoint: str | None = None,
    api_key: str | None = None,
    service_name: str | None = None,
    environment: str | None = None,
    protocol: Protocol | None = None,
    live: bool | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float | None = None,
    compression: Compression | None = None,
    spool_dir: str | os.PathLike[str] | None = None,
    resource_attributes: Mapping[str, str | bool | int | float] | None = None,
    live_delay_millis: float | None = None,
    heartbeat_seconds: float | None = None,
    exporter: SpanExporter | None = None,
) -> Done[TracerProvider]:
    """``configure(...)``, and a ``redact`` hook for all that is recorded in this process. It waits
    for nothing, so it may be awaited or simply called."""
    if redact is not None:
        set_redact(redact)
    future: Future[TracerProvider] = Future()
    future.set_result(
        configure(
            endpoint=endpoint,
            api_key=api_key,
            service_name=service_name,
            environment=environment,
            protocol=protocol,
            live=live,
            headers=headers,
            timeout=timeout,
            compression=compression,
            spool_dir=spool_dir,
            resource_attributes=resource_attributes,
            live_delay_millis=live_delay_millis,
            heartbeat_seconds=heartbeat_seconds,
            exporter=exporter,
        )
    )
    return Done(future)


def shutdown_tracer() -> Done[None]:
    """Send what is left, within a few seconds. With a running loop it happens in a thread, and
    awaiting it waits for the end."""
    future: Future[None] = Future()
    future.set_running_or_notify_cancel()  # whoever stops waiting does not stop it
    try:
        asyncio.get_running_loop()
        threading.Thread(
            target=_settle, args=(future,), name="audittrail-shutdown", daemon=True
        ).start()
    except RuntimeError:  # no loop; or so late in a program that there are no more threads
        _settle(future)
    return Done(future)


def _settle(future: Future[None]) -> None:
    _stop()
    future.set_result(None)


def _stop() -> None:
    try:
        shutdown()
    except Exception as error:
        report("the tracer could not be shut down", error)
