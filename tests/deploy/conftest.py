"""The deployed services, started once for all tests of this folder, and somebody who uses them."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import pytest

from tests.deploy.people import Visitor, new_visitor
from tests.deploy.topology import Topology, running_topology

_EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


@pytest.fixture(scope="session")
def topology(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Topology]:
    with running_topology(tmp_path_factory.mktemp("topology")) as started:
        yield started


@pytest.fixture
def visitor(topology: Topology) -> Visitor:
    return new_visitor(topology)


@pytest.fixture
def export(topology: Topology) -> Iterator[grpc.UnaryUnaryMultiCallable[bytes, bytes]]:
    """The Export call of traces, in bytes, through the proxy."""
    with grpc.insecure_channel(topology.address("proxy", 4317)) as channel:
        yield channel.unary_unary(_EXPORT)
