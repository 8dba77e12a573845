"""What is done about what a receiver answers, and about spans that it would not take."""

from __future__ import annotations

import grpc
import pytest
from opentelemetry.sdk.trace.export import (
    SpanExportResult,
)

from tests.otel_exporter.conftest import MakeExporter
from tests.otel_exporter.finished import spans_of
from tests.otel_exporter.receivers import UNAVAILABLE, Answer, Receiver

SUCCESS, FAILURE = SpanExportResult.SUCCESS, SpanExportResult.FAILURE
Code = grpc.StatusCode


def test_what_is_larger_than_the_limit_is_sent_in_pieces(
    make_exporter: MakeExporter, receiver: Receiver
) -> None:
    """In order, and none of them larger."""
    exporter = make_exporter(max_request_bytes=10_000, **receiver.settings())
    names = [f"step {number}" for number in range(40)]
    exporter.export(spans_of(names, attributes=lambda _: {"text": "x" * 900}))
    assert exporter.force_flush()
    assert receiver.names == names
    assert max(request.ByteSize() for request in receiver.kept) <= 10_000


def test_what_a_server_finds_too_large_is_split_further(
    make_exporter: MakeExporter, receiver: Receiver
) -> None:
    receiver.limit = 5_000
    exporter = make_exporter(**receiver.settings())
    names = [f"step {number}" for number in range(40)]
    exporter.export(spans_of(names, attributes=lambda _: {"text": "x" * 900}))
    assert exporter.force_flush()
    assert receiver.names == names
    assert exporter.statistics.delivered == 40


def test_a_span_that_is_too_large_by_itself_costs_no_other(
    make_exporter: MakeExporter, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    """The log names it, and its size."""
    receiver.limit = 5_000
    exporter = make_exporter(**receiver.settings())
    sizes = {"small": 10, "huge": 9_000, "little": 20}
    exporter.export(spans_of(list(sizes), attributes=lambda name: {"text": "x" * sizes[name]}))
    assert not exporter.force_flush()
    assert receiver.names == ["small", "little"]
    assert exporter.statistics.refused == 1
    assert "The span 'huge' has 9" in caplog.text


def test_a_part_that_arrived_is_not_sent_again(
    make_exporter: MakeExporter, receiver: Receiver
) -> None:
    """When the second half of a split request must be tried again."""
    exporter = make_exporter(**receiver.settings())
    too_large = Answer(413, Code.RESOURCE_EXHAUSTED)
    receiver.answers.extend([too_large, Answer(), UNAVAILABLE])
    exporter.export(spans_of(["a", "b", "c", "d"]))
    assert exporter.force_flush()
    assert receiver.names == ["a", "b", "c", "d"]


class Unencodable:
    """The value of no attribute."""


def test_a_span_that_cannot_be_encoded_costs_no_other(
    make_exporter: MakeExporter, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    spans = spans_of(["good", "bad", "better"])
    spans[1]._attributes = {"what": Unencodable()}  # type: ignore[dict-item]  # as a bad SDK does
    spans[1]._start_time = "yesterday"  # type: ignore[assignment]  # as above
    exporter = make_exporter(**receiver.settings())
    assert exporter.export(spans) is SUCCESS
    assert exporter.export([spans[1]]) is FAILURE
    exporter.force_flush()
    assert receiver.names == ["good", "better"]
    assert exporter.statistics.dropped == 2
    assert "The span 'bad' cannot be encoded" in caplog.text


@pytest.mark.parametrize(
    "answer", [UNAVAILABLE, Answer(429, Code.ABORTED), Answer(504, Code.DEADLINE_EXCEEDED)]
)
def test_what_passes_is_tried_again(
    make_exporter: MakeExporter, receiver: Receiver, answer: Answer
) -> None:
    receiver.answers.extend([answer, answer])
    exporter = make_exporter(**receiver.settings())
    exporter.export(spans_of(["patient"]))
    assert exporter.force_flush()
    assert receiver.names == ["patient"]
    assert len(receiver.received) == 3


def test_a_time_that_the_server_names_is_waited_for(
    make_exporter: MakeExporter, receiver: Receiver
) -> None:
    """Even where somebody flushes."""
    receiver.answers.append(Answer(503, Code.UNAVAILABLE, retry_after=600))
    exporter = make_exporter(**receiver.settings())
    exporter.export(spans_of(["patient"]))
    receiver.wait_for(1)
    assert not exporter.force_flush(200)
    assert len(receiver.received) == 1
    assert exporter.statistics.waiting == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(401, Code.UNAUTHENTICATED), "AUDITTRAIL_API_KEY"),
        (Answer(404, Code.UNIMPLEMENTED), "is not an OTLP receiver"),
        (Answer(400, Code.INVALID_ARGUMENT, message="what is this?"), "what is this?"),
    ],
)
def test_what_is_refused_is_logged_and_stops_nothing(
    make_exporter: MakeExporter,
    receiver: Receiver,
    answer: Answer,
    said: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    receiver.answers.append(answer)
    exporter = make_exporter(**receiver.settings())
    exporter.export(spans_of(["refused"]))
    assert not exporter.force_flush()
    exporter.export(spans_of(["taken"]))
    assert exporter.force_flush()
    assert receiver.names == ["taken"]
    assert exporter.statistics.refused == 1
    assert "refused 1 spans, which are lost" in caplog.text
    assert said in caplog.text


def test_a_partial_success_is_logged_and_not_sent_again(
    make_exporter: MakeExporter, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers.append(Answer(rejected=1, message="no id"))
    exporter = make_exporter(**receiver.settings())
    exporter.export(spans_of(["good", "bad"]))
    exporter.force_flush()
    assert len(receiver.received) == 1
    assert (exporter.statistics.delivered, exporter.statistics.rejected) == (1, 1)
    assert "left out 1 of 2 spans: no id" in caplog.text


def test_the_same_trouble_is_logged_once_a_minute(
    make_exporter: MakeExporter, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers.extend([Answer(400, Code.INVALID_ARGUMENT)] * 5)
    exporter = make_exporter(**receiver.settings())
    for number in range(5):
        exporter.export(spans_of([str(number)]))
        exporter.force_flush()
    assert exporter.statistics.refused == 5
    assert len([record for record in caplog.records if "refused" in record.message]) == 1
