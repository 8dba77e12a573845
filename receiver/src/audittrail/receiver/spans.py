"""From decoded OTLP spans to rows: mapping, status, time, price.

Everything here works on columns: lists with an entry for each span of a group that shares its
scope and its attribute keys.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from audittrail.receiver.mapping.content_events import collect
from audittrail.receiver.mapping.engine import Content, Engine, Mapped
from audittrail.receiver.mapping.providers import framework_of_scope, split_provider
from audittrail.receiver.original import keep_original
from audittrail.receiver.otlp.attributes import AttributeColumns
from audittrail.receiver.otlp.decoded import DecodedSpans, Scope, known_enum
from audittrail.receiver.otlp.values import dump_json, text_of
from audittrail.receiver.placeholders import stand_in
from audittrail.receiver.rows import Origin, make_rows, merged, to_batch
from audittrail.receiver.state import add_flags, add_status, add_times
from audittrail.storage import Batch

__all__ = ["Pricer", "ScopeFacts", "build_spans", "origin_of"]

# (model, provider, start_ns, tokens in, out, cached, cache write, reasoning) -> (USD, source)
Pricer: TypeAlias = Callable[..., tuple[float | None, str | None]]

Columns: TypeAlias = dict[str, Any]

_REMOTE_PARENT: Final = 0x300  # OTLP span flags: it is known, and true, that the parent is remote

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
    parts: list[tuple[Sequence[int], Columns]] = []
    for group in decoded.groups:
        whole = len(group.places) == len(decoded)
        spans = decoded if whole else decoded.taken(group.places)
        scope = ScopeFacts(decoded.scopes[group.scope])
        mapped = engine.plan(scope.name, group.attributes.keys).apply(group.attributes, spans.name)
        columns = _columns(spans, group.attributes, mapped, scope, received_ns)
        _add_price(columns, mapped, price)
        parts.append((group.places, columns))
    if not parts:
        return Batch(owner, received_ns)
    origin = origin_of("otlp", decoded.scope, decoded.scopes)
    return to_batch(owner, received_ns, make_rows(origin, merged(parts)))


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
    add_times(columns, spans, attributes)
    add_status(columns, spans, fields)
    if mapped.placeholder is not None:
        stand_in(columns, attributes, mapped.placeholder)
    add_flags(columns, spans, mapped, received_ns)
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
    others: Columns = {
        "events": spans.events,
        "links": spans.links,
        "extra": keep_original(columns, spans),
    }
    for name, values in others.items():
        if any(values):
            columns[name] = [None if value is None else dump_json(value) for value in values]
    return columns


def _names(spans: DecodedSpans, mapped: Mapped) -> list[Any]:
    """Tools go by their own name, which some conventions hide behind an operation; some dialects
    have a better name than the span's."""
    tools = mapped.fields.get("tool_name")
    better = mapped.fields.get("name")
    if tools is None and better is None:
        return spans.name
    nothing = [None] * len(spans)
    return [
        tool if kind == "tool" and tool else said or name
        for kind, tool, said, name in zip(
            mapped.span_type, tools or nothing, better or nothing, spans.name, strict=True
        )
    ]


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
