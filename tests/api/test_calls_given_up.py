"""Clients that do not wait for the answer."""

from __future__ import annotations

import contextlib

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

from tests.support.otlp import new_trace_id, span, traces_message
from tests.support.people import new_person
from tests.support.servers import Server


def test_grpc_calls_that_are_cancelled(server: Server) -> None:
    """At any moment of a call, whoever cancels it costs nobody else anything: exports after it are
    stored and answered."""
    person = new_person(server)
    metadata = (("authorization", f"Bearer {person.key}"),)
    with grpc.insecure_channel(server.otlp_grpc) as channel:
        stub = TraceServiceStub(channel)
        for number in range(60):
            call = stub.Export.future(
                traces_message(span(new_trace_id())), metadata=metadata, timeout=30
            )
            with contextlib.suppress(grpc.FutureTimeoutError):
                call.result(timeout=number * 0.0005)
            call.cancel()
        trace_id = new_trace_id()
        stub.Export(traces_message(span(trace_id)), metadata=metadata, timeout=30)
    assert len(person.spans(trace_id)) == 1
