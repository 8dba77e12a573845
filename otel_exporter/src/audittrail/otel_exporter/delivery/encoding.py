"""From spans of the SDK to requests."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan

from audittrail.otel_exporter.delivery.splitting import Request, pieces
from audittrail.otel_exporter.notices import Notices

__all__ = ["encode"]


def encode(
    spans: Sequence[ReadableSpan], max_bytes: int, notices: Notices
) -> tuple[list[Request], int]:
    """The requests for these spans, and how many spans could not be encoded."""
    if not spans:
        return [], 0
    try:
        return list(pieces(encode_spans(spans), len(spans), max_bytes)), 0
    except Exception:
        return _one_by_one(spans, max_bytes, notices)


def _one_by_one(
    spans: Sequence[ReadableSpan], max_bytes: int, notices: Notices
) -> tuple[list[Request], int]:
    """A span that cannot be encoded costs no other."""
    good: list[ReadableSpan] = []
    for span in spans:
        try:
            encode_spans([span]).SerializeToString()
        except Exception as error:
            notices.error(
                "The span %r cannot be encoded and is lost: %s: %s. "
                "Its attributes should be text, numbers, booleans or lists of these.",
                span.name,
                type(error).__name__,
                error,
            )
        else:
            good.append(span)
    if not good:
        return [], len(spans)
    message = encode_spans(good)
    return list(pieces(message, len(good), max_bytes)), len(spans) - len(good)
