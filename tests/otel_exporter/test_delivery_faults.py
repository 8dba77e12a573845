"""Faults of the client itself, and the bounds of what it keeps."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest
from opentelemetry import context

from audittrail.otel_exporter.delivery.delivery import Delivery
from audittrail.otel_exporter.delivery.splitting import Request
from audittrail.otel_exporter.delivery.transport import Delivered, Outcome
from audittrail.otel_exporter.settings import Settings
from tests.otel_exporter.conftest import MakeExporter
from tests.otel_exporter.finished import spans_of
from tests.otel_exporter.receivers import UNAVAILABLE, Receiver


class Recording:
    """A transport that keeps what is handed to it."""

    def __init__(self, _: Settings | None = None) -> None:
        self.bodies: list[bytes] = []
        self.suppressed: list[object] = []
        self.may_go = threading.Event()
        self.may_go.set()

    def send(self, body: bytes, timeout: float) -> Outcome:
        self.suppressed.append(
            [
                context.get_value(context._SUPPRESS_INSTRUMENTATION_KEY),
                context.get_value(context._SUPPRESS_HTTP_INSTRUMENTATION_KEY),
                context.get_value("suppress_instrumentation"),
            ]
        )
        assert self.may_go.wait(30)
        self.bodies.append(body)
        return Delivered()

    def close(self) -> None: ...

    def before_fork(self) -> None: ...

    def after_fork(self) -> None: ...


def test_sending_is_not_traced() -> None:
    """Instrumented libraries see all marks that they may look for."""
    transport = Recording()
    delivery = Delivery(Settings(), lambda _: transport)
    delivery.hand_over(Request(b"x", 1))
    assert delivery.flush(30)
    delivery.close(5)
    assert transport.suppressed == [[True, True, True]]


def test_what_waits_in_memory_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    """The oldest give way, counted and logged."""
    transport = Recording()
    transport.may_go.clear()
    delivery = Delivery(Settings(outbox_max_bytes=1000), lambda _: transport)
    for number in range(12):
        assert delivery.hand_over(Request(b"%d" % (number % 10) * 100, 1))
        if number == 0:
            while not transport.suppressed:  # it is on its way
                pass
    assert delivery.statistics.dropped == 1
    assert not delivery.hand_over(Request(bytes(1001), 1))
    transport.may_go.set()
    assert delivery.flush(30)
    delivery.close(5)
    sent = b"".join(transport.bodies)
    assert sent == b"".join(b"%d" % (n % 10) * 100 for n in (0, *range(2, 12)))
    assert "1 of the oldest are lost" in caplog.text


def test_a_fault_in_a_transport_loses_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever it is, it is logged, and the request tried again."""

    class Faulty(Recording):
        faults = 2

        def send(self, body: bytes, timeout: float) -> Outcome:
            if self.faults:
                self.faults -= 1
                raise ZeroDivisionError("a bug")
            return super().send(body, timeout)

    transport = Faulty()
    delivery = Delivery(Settings(), lambda _: transport)
    delivery.hand_over(Request(b"x", 1))
    assert delivery.flush(30)
    delivery.close(5)
    assert transport.bodies == [b"x"]
    assert "a bug" in caplog.text


def test_what_can_be_neither_sent_nor_kept_is_logged(
    make_exporter: MakeExporter, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    receiver.answers.extend([UNAVAILABLE] * 100)
    exporter = make_exporter(spool_dir="", **receiver.settings())
    exporter.export(spans_of(["unlucky"]))
    receiver.wait_for(1)
    exporter.shutdown()
    assert exporter.statistics.dropped == 1
    assert "could neither be sent" in caplog.text


def test_nothing_is_written_while_all_is_well(
    make_exporter: MakeExporter, receiver: Receiver, state: Path
) -> None:
    exporter = make_exporter(**receiver.settings())
    exporter.export(spans_of(["fine"]))
    assert exporter.force_flush()
    exporter.shutdown()
    assert not state.exists()
