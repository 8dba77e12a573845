"""One real span by each door, read back through the API and deleted again."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import grpc
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from audittrail import semconv
from audittrail.server.doctor.check import Check, failed, ok, warning
from audittrail.server.doctor.examination import SECONDS, Examination, NoAnswer
from audittrail.server.doctor.target import Address, Protocol
from audittrail.server.version import version

__all__ = ["check_deleting", "check_otlp_grpc", "check_otlp_http", "check_reading"]

_NAMES: Final[dict[Protocol, str]] = {"http": "HTTP", "grpc": "gRPC"}
_EXPORT: Final = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
_ATTEMPTS: Final = 10
_PAUSE_S: Final = 0.2
_SEE_KEY: Final = "See the line about the key."
_HTTP_REMEDIES: Final = {
    401: _SEE_KEY,
    403: _SEE_KEY,
    404: "Correct the path of the endpoint: AuditTrail takes spans at /v1/traces.",
    405: "Something else answers there; correct the host and the port of the endpoint.",
    413: "Something on the way limits the size of requests.",
    429: "Wait a moment, then try again.",
    503: "The server is busy or cannot write; its log says more.",
}
_ELSE: Final = "See that this is AuditTrail's OTLP port; the server's log may say more."


def check_otlp_http(exam: Examination) -> Iterator[Check]:
    """A span over HTTP is acknowledged."""
    if exam.target.door("http") not in exam.reached:
        return
    title = "Span over HTTP"
    url = exam.target.traces_url
    span_id, body = _span(exam, "http/protobuf")
    try:
        answer = exam.ask("POST", url, body, content_type="application/x-protobuf")
    except NoAnswer as problem:
        yield _problem(exam, "http", title, f"{url}: {problem}.", _http_remedy(exam))
        return
    if answer.status != 200:
        remedy = _HTTP_REMEDIES.get(answer.status, _ELSE)
        yield _problem(exam, "http", title, f"{url} answers {answer.status}.", remedy)
        return
    yield _receipt(exam, "http", title, url, span_id, answer.body)


def _http_remedy(exam: Examination) -> str:
    address = exam.target.door("http")
    if address is not None and address.port in (4317, exam.target.ports["grpc"]):
        return f"This port speaks gRPC; OTLP over HTTP is on port {exam.target.ports['http']}."
    if address is not None and address.tls:
        return "If the server has no certificate of its own, write http:// instead of https://."
    return _ELSE


def check_otlp_grpc(exam: Examination) -> Iterator[Check]:
    """A span over gRPC is acknowledged."""
    address = exam.target.door("grpc")
    if address is None or address not in exam.reached:
        return
    title = "Span over gRPC"
    span_id, body = _span(exam, "grpc")
    try:
        with _channel(exam, address) as channel:
            export: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(_EXPORT)
            credentials = tuple(exam.credentials().items())
            answer = export(body, timeout=SECONDS, metadata=credentials)
    except grpc.RpcError as error:
        found = f"{address} answers {_said(error)}."
        yield _problem(exam, "grpc", title, found, _grpc_remedy(error))
        return
    yield _receipt(exam, "grpc", title, str(address), span_id, answer)


def _channel(exam: Examination, address: Address) -> grpc.Channel:
    options = [] if exam.target.proxy_of(address) and not address.loopback else _DIRECT
    if not address.tls:
        return grpc.insecure_channel(str(address), options)
    own = exam.target.otlp_certificate
    roots = None if own is None else Path(own).read_bytes()
    return grpc.secure_channel(str(address), grpc.ssl_channel_credentials(roots), options)


_DIRECT: Final = [("grpc.enable_http_proxy", 0)]


def _said(error: grpc.RpcError) -> str:
    # What calls raise is a Call as well, which the type of the exception does not say.
    call: Any = error
    return f"{call.code().name}: {str(call.details()).rstrip('.')}"


def _grpc_remedy(error: grpc.RpcError) -> str:
    call: Any = error
    if call.code() in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED):
        return _SEE_KEY
    if call.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
        return (
            "See that this port speaks gRPC (4317 does, 4318 does not), and with or without TLS "
            "as the endpoint says."
        )
    return _ELSE


def _span(exam: Examination, transport: str) -> tuple[str, bytes]:
    """(span id, request). All spans of one run are in one trace, the first is its root."""
    trace_id = exam.trace_id or os.urandom(16).hex()
    exam.trace_id = trace_id
    span_id = os.urandom(8).hex()
    request = ExportTraceServiceRequest()
    holder = request.resource_spans.add()
    service = holder.resource.attributes.add(key="service.name")
    service.value.string_value = "audittrail-doctor"
    scoped = holder.scope_spans.add()
    scoped.scope.name, scoped.scope.version = "audittrail.doctor", version()
    span = scoped.spans.add(
        name=f"audittrail doctor ({transport})",
        trace_id=bytes.fromhex(trace_id),
        span_id=bytes.fromhex(span_id),
        parent_span_id=bytes.fromhex(next(iter(exam.sent.values()), "")),
        start_time_unix_nano=time.time_ns() - 1_000_000,
        end_time_unix_nano=time.time_ns(),
    )
    for key, text in (
        (semconv.SPAN_TYPE, "custom"),
        (semconv.INPUT, "Does a span arrive?"),
        (semconv.OUTPUT, f"It does, over {transport}."),
    ):
        span.attributes.add(key=key).value.string_value = text
    return span_id, request.SerializeToString()


def _problem(exam: Examination, protocol: Protocol, title: str, found: str, remedy: str) -> Check:
    """A failure if the agent's exporter speaks this protocol."""
    if protocol == exam.target.protocol:
        return failed(title, found, remedy)
    return warning(title, f"{found} The agent does not use this protocol.", remedy)


def _receipt(
    exam: Examination, protocol: Protocol, title: str, where: str, span_id: str, body: bytes
) -> Check:
    """The span is stored only if the answer is that of an OTLP receiver and rejects nothing."""
    try:
        refused = ExportTraceServiceResponse.FromString(body).partial_success
    except DecodeError:
        found = f"{where} answers, but not as an OTLP receiver does."
        return _problem(exam, protocol, title, found, _ELSE)
    if refused.rejected_spans:
        found = f"{where} rejects it: {refused.error_message}"
        return _problem(exam, protocol, title, found, _ELSE)
    exam.sent[protocol] = span_id
    return ok(title, f"{where} has stored it.")


def check_reading(exam: Examination) -> Iterator[Check]:
    """What was acknowledged is what the API shows."""
    if not exam.sent or exam.health is None:
        return
    title = "Reading back"
    exam.link = _link(exam)
    if exam.scopes is None or "read" not in exam.scopes:
        yield warning(
            title,
            "Not tried: the key may not read. An agent does not need that.",
            f"Look at {exam.link} yourself, or use a key with the scope read.",
        )
        return
    missing: Mapping[Protocol, str] = exam.sent
    problem = ""
    for _ in range(_ATTEMPTS):
        try:
            stored, problem = _stored(exam), ""
            missing = {door: span for door, span in exam.sent.items() if span not in stored}
        except NoAnswer as error:
            problem = f" ({error})"
        if not missing:
            yield ok(title, f"{len(exam.sent)} of {len(exam.sent)} spans are there.")
            exam.read_back = True
            return
        time.sleep(_PAUSE_S)
    exam.read_back = len(missing) < len(exam.sent)
    yield _lost(exam, missing, problem)


def _lost(exam: Examination, missing: Mapping[Protocol, str], problem: str) -> Check:
    title = "Reading back"
    doors = " and ".join(f"{_NAMES[door]} ({exam.target.door(door)})" for door in missing)
    found = f"The API does not show what was acknowledged over {doors}{problem}."
    if exam.target.protocol in missing:
        return failed(
            title,
            found,
            "The endpoint and the API are probably two servers, or something between passes "
            "spans on elsewhere. Give the API of the server that spans go to as --api-url.",
        )
    return warning(
        title,
        f"{found} What came by the protocol that the agent uses is there.",
        "Another server listens there, it seems; nothing to mend for this agent.",
    )


def _stored(exam: Examination) -> set[str]:
    answer = exam.api(f"/api/v1/traces/{exam.trace_id}/spans?fields=span_id")
    if answer.status == 404:
        return set()
    if answer.status != 200:
        raise NoAnswer(f"it answers {answer.status}")
    try:
        return {each["span_id"] for each in json.loads(answer.body)["data"]}
    except (ValueError, LookupError, TypeError) as error:
        raise NoAnswer("what it answers is no list of spans") from error


def check_deleting(exam: Examination) -> Iterator[Check]:
    """What was sent is removed once it has been seen, unless it is to be kept."""
    if not exam.read_back or exam.keep:
        return
    title = "Deleting"
    try:
        answer = exam.ask("DELETE", f"{exam.target.api_url}/api/v1/traces/{exam.trace_id}")
        problem = "" if answer.status == 200 else f"The API answers {answer.status}"
    except NoAnswer as error:
        problem = f"{exam.target.api_url}: {error}"
    if problem:
        yield warning(
            title,
            f"{problem}, so what was sent is still there: {exam.link}",
            "Nothing to mend for the agent; delete that trace yourself.",
        )
        return
    exam.link = None
    yield ok(title, "What was sent is removed again.")


def _link(exam: Examination) -> str:
    """To the dashboard where there is one; else to the API."""
    api, settings = exam.target.api, exam.target.settings
    port = 3000 if settings is None else settings.dashboard_port
    if api is not None and port:
        scheme = "https" if api.tls else "http"
        dashboard = f"{scheme}://{api._replace(port=port)}"
        try:
            if exam.ask("GET", f"{dashboard}/health").status == 200:
                return f"{dashboard}/traces/{exam.trace_id}"
        except NoAnswer:
            pass
    return f"{exam.target.api_url}/api/v1/traces/{exam.trace_id}"
