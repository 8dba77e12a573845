"""What the mapping cannot deal with costs itself alone, and is not sent forever."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import Any

import pytest

from audittrail.receiver.pipeline import Outcome, Pipeline, Signal
from audittrail.storage import Batch, Receipt
from tests.support.otlp import as_json, logs_request, new_trace_id, span, traces_message

MODEL = "gen_ai.request.model"


class _Kept:
    """A writer that keeps what it is given."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []

    def append(self, batch: Batch) -> Future[Receipt]:
        self.batches.append(batch)
        future: Future[Receipt] = Future()
        future.set_result(Receipt(1, batch.rows, 0))
        return future


def _price(model: str, *_: object) -> tuple[float, str]:
    if model == "unspeakable":
        raise KeyError(model)
    return 1.0, "estimated"


def _exported(signal: Signal, body: bytes, encoding: Any = "protobuf") -> tuple[Outcome, Batch]:
    writer: Any = _Kept()
    pipeline = Pipeline(writer, _price)
    try:
        outcome = asyncio.run(pipeline.export("ada", signal, encoding, body))
    finally:
        pipeline.close()
    (batch,) = writer.batches
    return outcome, batch


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
def test_a_span_that_cannot_be_mapped_is_rejected_alone(encoding: str) -> None:
    """The spans around it are stored with all they have, and the sender is told."""
    trace_id = new_trace_id()
    usage = {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 5}
    message = traces_message(
        span(trace_id, name="first", attributes=usage | {MODEL: "gpt-4o"}),
        span(trace_id, name="bad", attributes=usage | {MODEL: "unspeakable"}),
        span(trace_id, name="plain"),
        span("00" * 16),
    )
    body = as_json(message) if encoding == "json" else message.SerializeToString()
    outcome, batch = _exported("traces", body, encoding)
    assert outcome.rejected == 2
    assert "span cannot be mapped" in outcome.message
    assert "trace_id is all zeros" in outcome.message
    assert [fact.name for fact in batch.facts] == ["first", "plain"]
    assert batch.spans is not None
    assert batch.spans.column("name").to_pylist() == ["first", "plain"]
    assert batch.spans.column("model").to_pylist() == ["gpt-4o", None]


def test_a_log_record_that_cannot_be_mapped_is_stored_all_the_same() -> None:
    """Only what it says of its span is left out."""
    trace_id = new_trace_id()
    records = [
        {
            "trace_id": trace_id,
            "span_id": f"{number:016x}",
            "event": "gen_ai.client.inference.operation.details",
            "attributes": {MODEL: model, "gen_ai.usage.input_tokens": 5},
        }
        for number, model in ((1, "gpt-4o"), (2, "unspeakable"), (3, "gpt-4o"))
    ]
    outcome, batch = _exported("logs", logs_request(*records))
    assert outcome == Outcome()
    assert batch.logs is not None
    assert batch.logs.num_rows == 3
    assert [fact.span_id for fact in batch.facts] == [f"{1:016x}", f"{3:016x}"]
