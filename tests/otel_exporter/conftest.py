"""Exporters that end with their test and keep nothing outside its folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from audittrail.otel_exporter import AuditTrailSpanExporter
from tests.otel_exporter.processors import make_processor as make_processor  # a fixture
from tests.otel_exporter.receivers import RECEIVERS, Receiver, http_receiver

MakeExporter = Callable[..., AuditTrailSpanExporter]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where this user's programs keep their state. No setting comes from outside."""
    for name in ("AUDITTRAIL_ENDPOINT", "AUDITTRAIL_API_KEY", "AUDITTRAIL_SPOOL_DIR"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    return folder


@pytest.fixture
def make_exporter() -> Iterator[MakeExporter]:
    """Makes exporters from their arguments, and shuts them down."""
    made: list[AuditTrailSpanExporter] = []

    def make(**arguments: Any) -> AuditTrailSpanExporter:
        made.append(AuditTrailSpanExporter(**arguments))
        return made[-1]

    yield make
    for exporter in made:
        exporter.shutdown()


@pytest.fixture(params=list(RECEIVERS))
def receiver(request: pytest.FixtureRequest) -> Iterator[Receiver]:
    """One for each protocol."""
    with RECEIVERS[request.param]() as receiver:
        yield receiver


@pytest.fixture
def web() -> Iterator[Receiver]:
    """One for HTTP."""
    with http_receiver() as receiver:
        yield receiver
