"""Exporting spans over gRPC with a given key."""

from __future__ import annotations

from typing import cast

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

from tests.support.otlp import new_trace_id, span, traces_message
from tests.support.servers import Server


def grpc_export(server: Server, key: str) -> grpc.StatusCode:
    """The status of an export of one span."""
    with grpc.insecure_channel(server.otlp_grpc) as channel:
        try:
            TraceServiceStub(channel).Export(
                traces_message(span(new_trace_id())),
                metadata=(("authorization", f"Bearer {key}"),),
                timeout=30,
            )
        except grpc.RpcError as error:
            return cast(grpc.Call, error).code()
    return grpc.StatusCode.OK
