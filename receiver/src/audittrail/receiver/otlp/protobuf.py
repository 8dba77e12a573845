"""OTLP traces in protobuf, decoded a request at a time.

ptars turns the bytes into Arrow columns several times faster than walking protobuf messages in
Python. It refuses a request as a whole if any part of it is broken; ``salvage`` then goes
through the request span by span.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Any, Final

import numpy as np
import pyarrow as pa
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from ptars import HandlerPool
from pyarrow import compute

from audittrail.receiver.otlp.attributes import ArrowAttributes, union_values
from audittrail.receiver.otlp.decoded import (
    EXTRA_FIELDS,
    MAX_TIME_NS,
    DecodedSpans,
    Group,
    Scope,
    check_ids,
    clamp_time,
    event_record,
    extra_record,
    link_record,
    parent_of,
)
from audittrail.receiver.otlp.salvage import salvage_traces
from audittrail.receiver.otlp.values import Attributes

__all__ = ["decode_traces"]

# Its functions are made at run time, so type checkers know none of them.
pc: Any = compute

_HANDLER: Final = HandlerPool([ExportTraceServiceRequest.DESCRIPTOR.file]).get_for_message(
    ExportTraceServiceRequest.DESCRIPTOR
)
_EMPTY: Final = {
    kind: pa.scalar(empty, kind) for kind, empty in ((pa.string(), ""), (pa.uint32(), 0))
}


def decode_traces(body: bytes) -> DecodedSpans:
    """Raises Undecodable if the bytes are not an ExportTraceServiceRequest."""
    try:
        batch = _HANDLER.list_to_record_batch([body])
    except ValueError:
        return salvage_traces(body)
    return _from_arrow(batch.column("resource_spans"))


def _from_arrow(resource_spans: Any) -> DecodedSpans:
    resources = resource_spans.flatten()
    scope_spans = resources.field("scope_spans")
    scopes = scope_spans.flatten()
    spans = scopes.field("spans").flatten()
    decoded = DecodedSpans(scopes=_scopes(resources, scope_spans, scopes))
    rows = len(spans)
    if not rows:
        return decoded
    parents = _hex(spans.field("parent_span_id"))
    status = spans.field("status")
    decoded.scope = np.repeat(np.arange(len(scopes)), _lengths(scopes.field("spans"))).tolist()
    decoded.trace_id = _hex(spans.field("trace_id"))
    decoded.span_id = _hex(spans.field("span_id"))
    decoded.parent_span_id = [parent_of(parent) for parent in parents]
    decoded.name = spans.field("name").to_pylist()
    decoded.kind = spans.field("kind").to_pylist()
    decoded.start_ns = spans.field("start_time_unix_nano").to_pylist()
    decoded.end_ns = spans.field("end_time_unix_nano").to_pylist()
    decoded.status_code = [code or 0 for code in status.field("code").to_pylist()]
    decoded.status_message = [text or "" for text in status.field("message").to_pylist()]
    decoded.trace_flags = spans.field("flags").to_pylist()
    decoded.events = _events(spans.field("events"), rows)
    decoded.links = _links(spans.field("links"), rows)
    decoded.extra = _extras(spans, rows)
    decoded.flags = [None] * rows
    _group(decoded, spans.field("attributes"))
    if max(decoded.start_ns) > MAX_TIME_NS or max(decoded.end_ns) > MAX_TIME_NS:
        _clamp_times(decoded)
    _reject_bad_ids(decoded, parents)
    return decoded


def _hex(ids: Any) -> list[str]:
    return [each.hex() for each in ids.to_pylist()]


def _lengths(lists: Any) -> Any:
    """The length of each list, 0 where there is none."""
    lengths = pc.list_value_length(lists).to_numpy(zero_copy_only=False)
    return np.nan_to_num(lengths).astype(np.int64)


def _group(decoded: DecodedSpans, lists: Any) -> None:
    """Group the spans by scope and attribute keys."""
    lengths = _lengths(lists)
    pairs = lists.flatten()
    stops = np.cumsum(lengths)
    firsts = stops - lengths
    keys = pairs.field("key").dictionary_encode()
    names: list[str] = keys.dictionary.to_pylist()
    codes = keys.indices.to_numpy()
    union = pairs.field("value")
    shapes: dict[tuple[int, tuple[int, ...]], list[int]] = {}
    uniform = int(lengths[0])
    if decoded.scope[0] == decoded.scope[-1] and bool((lengths == uniform).all()):
        table = codes.reshape(-1, uniform) if uniform else codes.reshape(len(decoded), 0)
        if bool((table == table[0]).all()):
            shapes[decoded.scope[0], tuple(table[0].tolist())] = list(range(len(decoded)))
    if not shapes:
        listed = codes.tolist()
        ranges = zip(decoded.scope, firsts.tolist(), stops.tolist(), strict=True)
        for place, (scope, first, stop) in enumerate(ranges):
            shapes.setdefault((scope, tuple(listed[first:stop])), []).append(place)
    for (scope, shape), places in shapes.items():
        own = firsts if len(places) == len(decoded) else firsts[places]
        group = ArrowAttributes([names[code] for code in shape], union, own)
        decoded.groups.append(Group(scope, places, group))
        if len(group.keys) < len(shape):
            for place in places:
                decoded.flags[place] = ["duplicate_attribute_keys"]


def _attribute_maps(lists: Any) -> list[Attributes]:
    """One dictionary for each list of KeyValue."""
    pairs = lists.flatten()
    keys, values = pairs.field("key").to_pylist(), union_values(pairs.field("value"))
    return [
        dict(zip(keys[start:stop], values[start:stop], strict=True))
        for start, stop in pairwise(accumulate(_lengths(lists).tolist(), initial=0))
    ]


def _scopes(resources: Any, scope_spans: Any, scopes: Any) -> list[Scope]:
    resource = resources.field("resource")
    resource_attributes = _attribute_maps(resource.field("attributes"))
    resource_schemas = resources.field("schema_url").to_pylist()
    resource_dropped = resource.field("dropped_attributes_count").to_pylist()
    owner = np.repeat(np.arange(len(resources)), _lengths(scope_spans)).tolist()
    scope = scopes.field("scope")
    fields = zip(
        owner,
        scope.field("name").to_pylist(),
        scope.field("version").to_pylist(),
        _attribute_maps(scope.field("attributes")),
        scopes.field("schema_url").to_pylist(),
        scope.field("dropped_attributes_count").to_pylist(),
        strict=True,
    )
    return [
        Scope(
            resource=resource_attributes[place],
            name=name or "",
            version=version or "",
            attributes=own,
            resource_schema=resource_schemas[place] or "",
            schema=schema or "",
            resource_dropped=resource_dropped[place] or 0,
            dropped=dropped or 0,
        )
        for place, name, version, own, schema, dropped in fields
    ]


def _events(column: Any, rows: int) -> list[list[dict[str, Any]] | None]:
    events = column.flatten()
    if not len(events):
        return [None] * rows
    made = [
        event_record(*fields)
        for fields in zip(
            events.field("name").to_pylist(),
            events.field("time_unix_nano").to_pylist(),
            _attribute_maps(events.field("attributes")),
            events.field("dropped_attributes_count").to_pylist(),
            strict=True,
        )
    ]
    return _by_span(made, column)


def _links(column: Any, rows: int) -> list[list[dict[str, Any]] | None]:
    links = column.flatten()
    if not len(links):
        return [None] * rows
    made = [
        link_record(*fields)
        for fields in zip(
            links.field("trace_id").to_pylist(),
            links.field("span_id").to_pylist(),
            links.field("trace_state").to_pylist(),
            _attribute_maps(links.field("attributes")),
            links.field("dropped_attributes_count").to_pylist(),
            links.field("flags").to_pylist(),
            strict=True,
        )
    ]
    return _by_span(made, column)


def _by_span(records: list[dict[str, Any]], lists: Any) -> list[list[dict[str, Any]] | None]:
    stops = accumulate(_lengths(lists).tolist(), initial=0)
    return [records[start:stop] or None for start, stop in pairwise(stops)]


def _extras(spans: Any, rows: int) -> list[dict[str, Any] | None]:
    columns = [spans.field(name) for name in EXTRA_FIELDS]
    if not any(pc.any(pc.not_equal(column, _EMPTY[column.type])).as_py() for column in columns):
        return [None] * rows
    values = [column.to_pylist() for column in columns]
    return [extra_record(*fields) for fields in zip(*values, strict=True)]


def _clamp_times(decoded: DecodedSpans) -> None:
    for index, (start, end) in enumerate(zip(decoded.start_ns, decoded.end_ns, strict=True)):
        if start > MAX_TIME_NS or end > MAX_TIME_NS:
            decoded.start_ns[index], decoded.end_ns[index] = clamp_time(start), clamp_time(end)
            decoded.flags[index] = [*(decoded.flags[index] or ()), "time_out_of_range"]


def _reject_bad_ids(decoded: DecodedSpans, parents: list[str]) -> None:
    ids = zip(decoded.trace_id, decoded.span_id, parents, strict=True)
    reasons = [check_ids(*each) for each in ids]
    if any(reasons):
        decoded.keep([reason is None for reason in reasons])
        decoded.rejected += [reason for reason in reasons if reason is not None]
