"""What may succeed later is refused in a way that makes clients send it again."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import grpc
import httpx
import pytest
from google.rpc.status_pb2 import Status
from starlette.applications import Starlette

from audittrail.accounts.principal import Principal
from audittrail.errors import Unavailable
from audittrail.receiver.grpc import make_grpc_server
from audittrail.receiver.http import otlp_routes
from audittrail.receiver.pipeline import Pipeline
from audittrail.storage import Batch, Receipt
from tests.otlp.wire import HTTP_DOORS, TYPES, call, detail, post, status_in, status_of
from tests.support.otlp import as_json, new_trace_id, span, traces_message, traces_request
from tests.support.people import Person
from tests.support.servers import NO_TLS

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE.value[0]


@contextmanager
def kept_busy(person: Person) -> Iterator[str]:
    """Send one large request after the other; gives the id of their trace."""
    trace_id = new_trace_id()
    body = as_json(traces_message(*(span(trace_id) for _ in range(2000))))
    done = threading.Event()

    def send() -> None:
        while not done.is_set():
            post(person, body, "application/json")

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield trace_id
    finally:
        done.set()
        thread.join()


def repeated(ask: Any) -> Any:
    """What ``ask`` gives as soon as it gives something."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = ask()
        if found is not None:
            return found
    raise AssertionError("the server was never busy")


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("door", HTTP_DOORS)
def test_a_full_server_asks_to_send_it_again(busy: Person, door: str, kind: str) -> None:
    """503 with Retry-After in whole seconds and a RetryInfo that agrees with it."""
    message = traces_message(span(new_trace_id()))
    body = as_json(message) if kind == "application/json" else message.SerializeToString()

    def ask() -> httpx.Response | None:
        response = post(busy, body, kind, door=door)
        return None if response.is_success else response

    with kept_busy(busy):
        refused = repeated(ask)
    assert refused.status_code == 503
    assert refused.headers["content-type"] == kind
    seconds = int(refused.headers["retry-after"])
    assert seconds >= 1
    status = status_in(refused)
    assert status.code == UNAVAILABLE
    assert "again" in status.message
    assert detail(status, "RetryInfo").retry_delay.seconds == seconds
    assert detail(status, "BadRequest") is None


def test_a_full_server_is_unavailable_over_grpc(busy: Person) -> None:
    """UNAVAILABLE with RetryInfo, without which clients would not wait."""

    def ask() -> grpc.RpcError | None:
        try:
            call(busy, traces_request(span(new_trace_id())))
        except grpc.RpcError as error:
            return error
        return None

    with kept_busy(busy):
        error = repeated(ask)
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    status = status_of(error)
    assert status is not None
    assert status.code == UNAVAILABLE
    assert detail(status, "RetryInfo").retry_delay.seconds >= 1


def test_what_was_refused_can_be_sent_again(busy: Person) -> None:
    """Senders that repeat what was refused get everything stored, once."""
    trace_id = new_trace_id()
    spans = [span(trace_id) for _ in range(20)]

    def send(one: dict[str, Any]) -> bool | None:
        return True if post(busy, traces_request(one)).is_success else None

    with kept_busy(busy):
        for each in spans:
            assert repeated(lambda each=each: send(each))
    stored = busy.spans(trace_id)
    assert {each["span_id"] for each in stored} == {each["span_id"] for each in spans}
    assert {each["versions"] for each in stored} == {1}


class _Broken:
    """A writer that cannot write, for the given reason."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def append(self, _: Batch) -> Future[Receipt]:
        future: Future[Receipt] = Future()
        future.set_exception(self._error)
        return future


class _Anybody:
    """Accounts of which everybody is one."""

    def authenticate(self, _: str | None) -> Principal:
        return Principal("ada", frozenset({"ingest"}))


FAULTS = [
    Unavailable("The store cannot write now: no space left on device", retry_after=5.0),
    OSError(5, "Input/output error"),
    RuntimeError("something nobody thought of"),
    MemoryError(),
]


@pytest.mark.parametrize("fault", FAULTS, ids=repr)
@pytest.mark.parametrize("kind", TYPES)
def test_a_fault_of_the_store_never_costs_the_data_over_http(fault: Exception, kind: str) -> None:
    """503 with Retry-After, never a plain 500, which makes clients drop what they sent; and
    nothing of the inside is told."""
    pipeline: Any = Pipeline(_Broken(fault), lambda *_: (None, None))
    app = Starlette(routes=otlp_routes(pipeline, _Anybody(), 10_000, "http"))
    message = traces_message(span(new_trace_id()))
    body = as_json(message) if kind == "application/json" else message.SerializeToString()

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://test", verify=NO_TLS
        ) as client:
            return await client.post("/v1/traces", content=body, headers={"content-type": kind})

    response = asyncio.run(ask())
    pipeline.close()
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) == 5
    status = status_in(response)
    assert status.code == UNAVAILABLE
    assert detail(status, "RetryInfo").retry_delay.seconds == 5
    assert "nobody thought of" not in status.message


@pytest.mark.parametrize("fault", FAULTS, ids=repr)
def test_a_fault_of_the_store_never_costs_the_data_over_grpc(fault: Exception) -> None:
    """UNAVAILABLE with RetryInfo, which clients send again."""
    pipeline: Any = Pipeline(_Broken(fault), lambda *_: (None, None))

    async def ask() -> grpc.aio.AioRpcError:
        server = make_grpc_server(pipeline, _Anybody(), 10_000)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        method = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
        try:
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                with pytest.raises(grpc.aio.AioRpcError) as refused:
                    await channel.unary_unary(method)(traces_request(span(new_trace_id())))
        finally:
            await server.stop(None)
        return refused.value

    error = asyncio.run(ask())
    pipeline.close()
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    trailing = dict(error.trailing_metadata())
    status = Status.FromString(trailing["grpc-status-details-bin"])
    assert detail(status, "RetryInfo").retry_delay.seconds == 5
