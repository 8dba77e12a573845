"""Health checks notice when a service is down, and everything works again when it is back."""

from __future__ import annotations

import grpc
import httpx
import pytest

from tests.deploy.people import Visitor
from tests.deploy.topology import Topology
from tests.support.otlp import new_trace_id

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["dashboard", "proxy"])
def test_checks_notice(topology: Topology, name: str) -> None:
    """The check of each service passes while it runs and fails when it does not; that of the server
    is tried below."""
    assert topology.check_health(name) == 0
    with topology.without(name):
        assert topology.check_health(name) != 0
    assert topology.check_health(name) == 0


def test_server_down(
    topology: Topology,
    visitor: Visitor,
    export: grpc.UnaryUnaryMultiCallable[bytes, bytes],
) -> None:
    """Without the server its own check fails, the proxy answers what makes exporters try again, and
    the dashboard is not healthy. When it is back all works as before, with all that was stored."""
    trace_id = new_trace_id()
    visitor.send(trace_id, "before")
    assert topology.check_health("audittrail") == 0
    with topology.without("audittrail"):
        assert topology.check_health("audittrail") != 0
        assert topology.check_health("dashboard") != 0
        assert topology.check_health("proxy") == 0
        assert httpx.post(topology.web + "/v1/traces").status_code == 502
        with pytest.raises(grpc.RpcError) as refused:
            export(b"", metadata=tuple(visitor.headers.items()), timeout=30)
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    assert topology.check_health("audittrail") == 0
    assert topology.check_health("dashboard") == 0
    visitor.send(trace_id, "after")
    assert sorted(visitor.span_names(trace_id)) == ["after", "before"]
    export(b"", metadata=tuple(visitor.headers.items()), timeout=30)
