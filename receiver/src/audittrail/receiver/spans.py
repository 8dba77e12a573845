"""From decoded OTLP spans to rows: mapping, status, time, price.

Everything here works on columns: lists with an entry for each span of a group that shares its
scope and its attribute keys.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from audittrail import semconv
from audittrail.receiver.mapping.content_events import collect
from audittrail.receiver.mapping.engine import Content, Engine, Mapped
from audittrail.receiver.mapping.providers import framework_of_scope, split_provider
from audittrail.receiver.otlp.attributes import AttributeColumns
from audittrail.receiver.otlp.decoded import DecodedSpans, Scope, known_enum
from audittrail.receiver.otlp.values import dump_json, text_of
from audittrail.receiver.rows import Origin, in_order, make_rows, to_batch
from audittrail.storage import PHASE_FINAL, PHASE_RUNNING, Batch

__all__ = ["Pricer", "ScopeFacts", "build_spans", "origin_of", "time_flags"]

# (model, provider, start_ns, tokens in, out, cached, cache write, reasoning) -> (USD, source)
Pricer: TypeAlias = Callable[..., tuple[float | None, str | None]]

Columns: TypeAlias = dict[str, Any]

_REMOTE_PARENT: Final = 0x300  # OTLP span flags: it is known, and true, that the parent is remote
_FUTURE_NS: Final = 300 * 10**9
_PAST_NS: Final = 366 * 86_400 * 10**9
_STATUS_ERROR: Final = 2

_AS_DECODED: Final = ("trace_id", "span_id", "parent_span_id", "trace_flags")
_AS_MAPPED: Final = (
    "request_model",
    "response_id",
    "finish_reason",
    "tokens_in",
    "tokens_out",
    "tokens_cached",
    "tokens_cache_write",
    "tokens_reasoning",
    "ttft_ms",
    "tool_calls",
    "agent_name",
)
_USAGE: Final = (
    "tokens_in",
    "tokens_out",
    "tokens_cached",
    "tokens_cache_write",
    "tokens_reasoning",
)


class ScopeFacts:
    """What a scope's resource says of every span in it."""

    __slots__ = ("environment", "framework", "name", "service_name", "session_id", "user_id")

    def __init__(self, scope: Scope) -> None:
        def said(*keys: str) -> str | None:
            return next(filter(None, (text_of(scope.resource.get(key)) for key in keys)), None)

        self.name = scope.name
        self.service_name = said("service.name")
        self.environment = said("deployment.environment.name", "deployment.environment")
        self.session_id = said("session.id")
        self.user_id = said("user.id")
        self.framework = framework_of_scope(scope.name)


def origin_of(name: str, code: Sequence[int], scopes: Sequence[Scope]) -> Origin:
    """The origin of rows whose scopes are ``code`` into ``scopes``."""
    return Origin(
        name=name,
        code=code,
        resources=[scope.resource_json for scope in scopes],
        scopes=[scope.scope_json for scope in scopes],
        services=[ScopeFacts(scope).service_name for scope in scopes],
    )


def build_spans(
    decoded: DecodedSpans, owner: str, received_ns: int, engine: Engine, price: Pricer
) -> Batch:
    """Map and price every span. The batch keeps the order of ``decoded``."""
    parts = []
    for group in decoded.groups:
        whole = len(group.places) == len(decoded)
        spans = decoded if whole else decoded.taken(group.places)
        scope = ScopeFacts(decoded.scopes[group.scope])
        mapped = engine.plan(scope.name, group.attributes.keys).apply(group.attributes)
        columns = _columns(spans, group.attributes, mapped, scope, received_ns)
        _add_price(columns, mapped, price)
        origin = origin_of("otlp", spans.scope, decoded.scopes)
        parts.append((group.places, make_rows(origin, columns)))
    if not parts:
        return Batch(owner, received_ns)
    return to_batch(owner, received_ns, in_order(parts))


def _columns(
    spans: DecodedSpans,
    attributes: AttributeColumns,
    mapped: Mapped,
    scope: ScopeFacts,
    received_ns: int,
) -> Columns:
    count = len(spans)
    fields = mapped.fields
    columns: Columns = {name: getattr(spans, name) for name in _AS_DECODED}
    columns |= {name: fields[name] for name in _AS_MAPPED if name in fields}
    columns["kind"] = list(map(known_enum, spans.kind))
    columns["id_form"] = [0] * count
    columns["remote_parent"] = [
        flags & _REMOTE_PARENT == _REMOTE_PARENT for flags in spans.trace_flags
    ]
    columns["dialect"] = [mapped.dialect] * count
    columns["span_type"] = mapped.span_type
    columns["name"] = _names(spans, mapped)
    _add_times(columns, spans, attributes, received_ns)
    _add_status(columns, spans, fields)
    _add_model(columns, fields, scope, count)
    for name, default in (
        ("session_id", scope.session_id),
        ("user_id", scope.user_id),
        ("environment", scope.environment),
    ):
        said = fields.get(name, [None] * count)
        columns[name] = said if default is None else [value or default for value in said]
    _add_content(columns, spans, mapped)
    columns["attributes"] = _stored_attributes(attributes, mapped)
    for name in ("events", "links", "extra"):
        values: list[Any] = getattr(spans, name)
        if any(values):
            columns[name] = [None if value is None else dump_json(value) for value in values]
    return columns


def _names(spans: DecodedSpans, mapped: Mapped) -> list[Any]:
    """Tools go by their own name, which some conventions hide behind an operation."""
    tools = mapped.fields.get("tool_name")
    if tools is None:
        return spans.name
    return [
        tool if kind == "tool" and tool else name
        for kind, tool, name in zip(mapped.span_type, tools, spans.name, strict=True)
    ]


def _add_times(
    columns: Columns, spans: DecodedSpans, attributes: AttributeColumns, received_ns: int
) -> None:
    """Start, end, and whether the span still runs: it has no end, or says so."""
    running = [end == 0 for end in spans.end_ns]
    if semconv.RUNNING in attributes.keys:
        said = attributes.values(semconv.RUNNING)
        running = [runs or each is True for runs, each in zip(running, said, strict=True)]
    starts = [start or None for start in spans.start_ns]
    ends = [None if runs else end for end, runs in zip(spans.end_ns, running, strict=True)]
    columns["start_ns"], columns["end_ns"] = starts, ends
    columns["phase"] = [PHASE_RUNNING if runs else PHASE_FINAL for runs in running]
    flags = []
    for start, end, known in zip(starts, ends, spans.flags, strict=True):
        found = time_flags(start, end, received_ns)
        if known is not None:
            found = [*known, *found]
        flags.append(dump_json(found) if found else None)
    columns["flags"] = flags


def time_flags(start: int | None, end: int | None, received_ns: int) -> list[str]:
    """What is odd about a span's times. Clocks of agents may be wrong by years: such spans are
    stored like any other, and say so."""
    flags = []
    if start is None:
        return ["no_start_time"]
    if not received_ns - _PAST_NS < start < received_ns + _FUTURE_NS:
        flags.append("clock_skew")
    if end is not None and end < start:
        flags.append("end_before_start")
    return flags


def _add_status(columns: Columns, spans: DecodedSpans, fields: Columns) -> None:
    """UNSET and OK both mean success; an exception or an error type means an error."""
    nothing = [None] * len(spans)
    error_types = fields.get("error_type", nothing)
    error_texts = fields.get("error_message", nothing)
    status: list[str] = []
    messages: list[str | None] = []
    for index, code in enumerate(spans.status_code):
        message = spans.status_message[index] or None
        failed = code == _STATUS_ERROR or error_types[index] is not None
        for event in spans.events[index] or ():
            if event["name"] == "exception":
                failed = True
                message = message or text_of(event["attributes"].get("exception.message"))
        if failed:
            status.append("error")
            messages.append(message or error_texts[index] or error_types[index])
        else:
            status.append("ok" if columns["phase"][index] == PHASE_FINAL else "running")
            messages.append(message)
    columns["status"] = status
    columns["status_message"] = messages


def _add_model(columns: Columns, fields: Columns, scope: ScopeFacts, count: int) -> None:
    """The model that answered, or else the one asked for; who serves it; what calls it."""
    nothing = [None] * count
    models = fields.get("model", nothing)
    requested = fields.get("request_model")
    if requested is not None:
        models = [model or asked for model, asked in zip(models, requested, strict=True)]
    providers = fields.get("provider", nothing)
    pairs = list(zip(providers, models, strict=True))
    known = {pair: split_provider(*pair) for pair in set(pairs)}
    said = fields.get("framework", nothing)
    columns["model"] = models
    columns["provider"] = [known[pair][0] for pair in pairs]
    columns["framework"] = [
        own or known[pair][1] or scope.framework for own, pair in zip(said, pairs, strict=True)
    ]


def _add_content(columns: Columns, spans: DecodedSpans, mapped: Mapped) -> None:
    """Input and output; from the span's events where its attributes have none."""
    columns["input_key"], columns["output_key"] = mapped.input.keys, mapped.output.keys
    columns["input"], columns["output"] = mapped.input.texts, mapped.output.texts
    given, returned = mapped.input, mapped.output
    if given.key is not None and returned.key is not None:
        return
    for index, events in enumerate(spans.events):
        if events is None or not (_lacks(given, index) or _lacks(returned, index)):
            continue
        told = collect((event["name"], event["attributes"], None) for event in events)
        if _lacks(given, index) and told.input:
            given.texts[index] = dump_json(told.input)
        if _lacks(returned, index) and told.output:
            returned.texts[index] = dump_json(told.output)


def _lacks(content: Content, index: int) -> bool:
    return content.key is None and content.texts[index] is None


def _stored_attributes(attributes: AttributeColumns, mapped: Mapped) -> Any:
    """The attributes without the texts that are stored as input and output."""
    moved = [content for content in (mapped.input, mapped.output) if any(content.keys)]
    if all(content.key is not None for content in moved):
        return attributes.json({content.key for content in moved if content.key is not None})
    keys = zip(*(content.keys for content in moved), strict=True)
    return [
        dump_json({key: value for key, value in row.items() if key not in gone})
        for row, gone in zip(attributes.rows(), keys, strict=True)
    ]


def _add_price(columns: Columns, mapped: Mapped, price: Pricer) -> None:
    """``cost`` and ``cost_source``: as reported, or as priced where there are tokens. A reported 0
    beside tokens means "no price known", unless the dialect means it."""
    nothing = [None] * len(columns["model"])
    usage = zip(
        mapped.fields.get("cost", nothing),
        columns["model"],
        columns["provider"],
        columns["start_ns"],
        *(columns.get(name, nothing) for name in _USAGE),
        strict=True,
    )
    costs: list[float | None] = []
    sources: list[str | None] = []
    for own, model, provider, start, tokens_in, tokens_out, *details in usage:
        used = tokens_in or tokens_out
        if own is not None and (own or not used or not mapped.zero_cost_is_unknown):
            priced: tuple[float | None, str | None] = (own, "agent")
        elif used:
            priced = price(model, provider, start, tokens_in, tokens_out, *details)
        else:
            priced = (None, None)
        costs.append(priced[0])
        sources.append(priced[1])
    columns["cost"], columns["cost_source"] = costs, sources
