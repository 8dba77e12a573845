"""Receivers that answer as they are told, over HTTP and over gRPC, in the test's own process."""

from __future__ import annotations

import gzip
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

OK = grpc.StatusCode.OK


@dataclass(frozen=True)
class Answer:
    """What a receiver says to one request, in the words of both protocols."""

    http: int = 200
    grpc: grpc.StatusCode = OK
    retry_after: float | str | None = None
    rejected: int = 0
    message: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    cut: bool = False  # close the connection without a word
    until: threading.Event | None = None  # answer no sooner

    def response(self) -> bytes:
        if self.body is not None:
            return self.body
        if self.http != 200:
            return Status(code=13, message=self.message).SerializeToString()
        response = ExportTraceServiceResponse()
        if self.rejected or self.message:
            response.partial_success.rejected_spans = self.rejected
            response.partial_success.error_message = self.message
        return response.SerializeToString()


UNAVAILABLE = Answer(503, grpc.StatusCode.UNAVAILABLE, message="busy")
TOO_LARGE = Answer(413, grpc.StatusCode.RESOURCE_EXHAUSTED)


class Receiver:
    """``answers`` are given one by one, and then all is well. A body over ``limit`` is too large.

    ``received`` are all requests that came, ``kept`` those that were answered with success.
    """

    protocol: str
    endpoint: str

    def __init__(self) -> None:
        self.answers: deque[Answer] = deque()
        self.limit = 1 << 30
        self.received: list[ExportTraceServiceRequest] = []
        self.kept: list[ExportTraceServiceRequest] = []
        self.headers: list[dict[str, str]] = []
        self.came = threading.Condition()
        self.closed = threading.Event()

    @property
    def names(self) -> list[str]:
        """The names of the spans that were kept, in the order they came."""
        return [name for request in self.kept for name in span_names(request)]

    def settings(self) -> dict[str, Any]:
        return {"endpoint": self.endpoint, "protocol": self.protocol}

    def wait_for(self, requests: int) -> None:
        with self.came:
            assert self.came.wait_for(lambda: len(self.received) >= requests, 30)

    def take(self, body: bytes, headers: dict[str, str]) -> Answer:
        request = ExportTraceServiceRequest.FromString(body)
        with self.came:
            answer = self.answers.popleft() if self.answers else Answer()
            if len(body) > self.limit:
                answer = TOO_LARGE
            self.headers.append(headers)
            self.received.append(request)
            if answer.http == 200 and not answer.cut:
                self.kept.append(request)
            self.came.notify_all()
        if answer.until is not None:
            while not answer.until.wait(0.05) and not self.closed.is_set():
                pass
        return answer


def span_names(request: ExportTraceServiceRequest) -> list[str]:
    return [
        span.name
        for holder in request.resource_spans
        for scoped in holder.scope_spans
        for span in scoped.spans
    ]


class HttpReceiver(Receiver):
    protocol = "http/protobuf"


class GrpcReceiver(Receiver):
    protocol = "grpc"


@contextmanager
def http_receiver() -> Iterator[HttpReceiver]:
    receiver = HttpReceiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = receiver.take(body, headers | {":path": self.path})
            if answer.cut:
                self.close_connection = True
                return
            response = answer.response()
            self.send_response(answer.http)
            self.send_header("content-length", str(len(response)))
            if "content-type" not in answer.headers:
                self.send_header("content-type", "application/x-protobuf")
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.retry_after is not None:
                self.send_header("retry-after", str(answer.retry_after))
            self.end_headers()
            self.wfile.write(response)

        def log_message(self, *_: object) -> None: ...

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None: ...  # the client went away

    with Server(("127.0.0.1", 0), Handler) as server:
        receiver.endpoint = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield receiver
        finally:
            receiver.closed.set()
            server.shutdown()
            thread.join()


@contextmanager
def grpc_receiver() -> Iterator[GrpcReceiver]:
    receiver = GrpcReceiver()

    def export(body: bytes, context: grpc.ServicerContext) -> bytes:
        headers = {key: str(value) for key, value in context.invocation_metadata()}
        answer = receiver.take(body, headers)
        if answer.grpc is not OK:
            if answer.retry_after is not None:
                context.set_trailing_metadata(_retry_info(float(answer.retry_after)))
            context.abort(answer.grpc, answer.message)
        return answer.response()

    class Handler(grpc.GenericRpcHandler):
        def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
            if not details.method.endswith("TraceService/Export"):
                return None
            return grpc.unary_unary_rpc_method_handler(export)

    with ThreadPoolExecutor(8) as pool:
        server = grpc.server(
            pool, handlers=[Handler()], options=[("grpc.max_receive_message_length", -1)]
        )
        receiver.endpoint = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        try:
            yield receiver
        finally:
            receiver.closed.set()
            server.stop(0).wait()


def _retry_info(seconds: float) -> tuple[tuple[str, bytes], ...]:
    info = RetryInfo()
    info.retry_delay.FromNanoseconds(int(seconds * 1e9))
    detail = AnyMessage()
    detail.Pack(info)
    return (("grpc-status-details-bin", Status(code=14, details=[detail]).SerializeToString()),)


RECEIVERS = {"http": http_receiver, "grpc": grpc_receiver}
