"""Sending an agent's spans to AuditTrail, in one line."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Mapping
from typing import Final

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

from audittrail.errors import SettingsError
from audittrail.otel_exporter.distribution import DISTRIBUTION, version
from audittrail.otel_exporter.exporter import AuditTrailSpanExporter
from audittrail.otel_exporter.process import process_exit
from audittrail.otel_exporter.processor import AuditTrailSpanProcessor
from audittrail.otel_exporter.providers import (
    exporter_of,
    global_provider,
    processors_of,
    replace,
    sends_to_audittrail,
)
from audittrail.otel_exporter.settings import Compression, Protocol, Settings
from audittrail.otel_exporter.settings.environment import Environment
from audittrail.otel_exporter.trace_ids import GivenTraceIds, with_trace_ids

__all__ = [
    "adopt",
    "configure",
    "ensure_configured",
    "flush",
    "get_tracer",
    "sdk_disabled",
    "shutdown",
]

_log = logging.getLogger(__name__)
_LIMIT: Final = 128  # the SDK's own, for each of them


class _Configured:
    """What ``configure`` made in this process."""

    def __init__(self) -> None:
        self.provider: TracerProvider | None = None
        self.processor: AuditTrailSpanProcessor | None = None
        self.ensured_for: object = None
        self.renew_lock()

    def renew_lock(self) -> None:
        # A reentrant one: what is called under it may start spans, and so come back.
        self.lock = threading.RLock()

    @property
    def works(self) -> bool:
        return self.provider is not None and not (self.processor and self.processor.closed)


_configured = _Configured()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_configured.renew_lock)


def configure(
    *,
    endpoint: str | None = None,
    api_key: str | None = None,
    service_name: str | None = None,
    environment: str | None = None,
    protocol: Protocol | None = None,
    live: bool | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float | None = None,
    compression: Compression | None = None,
    spool_dir: str | os.PathLike[str] | None = None,
    resource_attributes: Mapping[str, str | bool | int | float] | None = None,
    live_delay_millis: float | None = None,
    heartbeat_seconds: float | None = None,
    exporter: SpanExporter | None = None,
) -> TracerProvider:
    """Send the spans of this process to AuditTrail. Call it once, as early as possible; further
    calls change nothing.

    If the application has a tracer provider already, its spans are sent to AuditTrail as well,
    beside where they go now. What is not given is read from the environment: from
    ``AUDITTRAIL_ENDPOINT``, ``AUDITTRAIL_API_KEY``, ``AUDITTRAIL_LIVE`` and the standard
    ``OTEL_*``. An ``exporter`` of your own takes the place of the one that the arguments make.
    """
    settings = Settings.read(
        endpoint,
        api_key,
        protocol=protocol,
        headers=headers,
        timeout=timeout,
        compression=compression,
        spool_dir=spool_dir,
        live=live,
        live_delay_millis=live_delay_millis,
        heartbeat_seconds=heartbeat_seconds,
    )
    told = _resource_attributes(service_name, environment, resource_attributes)
    with _configured.lock:
        if _configured.provider is not None and _configured.works:
            return _configured.provider
        provider = global_provider()
        if provider is None:
            provider = _new_provider(told)
        elif told:
            _log.info(
                "The application's own tracer provider is used, with the resource that it has: "
                "give it %s there",
                ", ".join(told),
            )
        with_trace_ids(provider)
        _configured.provider = provider
        if sdk_disabled():
            return provider
        if _senders(provider):
            _log.info("The application's tracer provider sends to AuditTrail already")
        else:
            exporter = exporter or AuditTrailSpanExporter(settings=settings)
            _configured.processor = AuditTrailSpanProcessor(exporter, settings=settings)
            provider.add_span_processor(_configured.processor)
        process_exit.handle_sigterm()
        return provider


def ensure_configured() -> None:
    """What the parts of this package that make spans call first: configure, unless the
    application has arranged where its spans go."""
    if _configured.ensured_for is trace.get_tracer_provider():
        return
    with _configured.lock:
        try:
            _ensure_configured()
        except Exception:
            _log.exception("Spans are not sent to AuditTrail; call configure() to see to it")
        _configured.ensured_for = trace.get_tracer_provider()


def _ensure_configured() -> None:
    provider = global_provider()
    if _configured.works:
        return
    if provider is None or Environment().text("AUDITTRAIL_ENDPOINT", "AUDITTRAIL_API_KEY"):
        configure()
    elif _senders(provider):
        with_trace_ids(provider)


def adopt(provider: TracerProvider, processor: SpanProcessor) -> None:
    """Take over from a processor of the SDK that has AuditTrail's exporter, so that running spans
    are sent too. Nothing may wait in it."""
    exporter = exporter_of(processor)
    settings = exporter.settings if isinstance(exporter, AuditTrailSpanExporter) else None
    with _configured.lock:
        processor.shutdown()
        ours = AuditTrailSpanProcessor(settings=settings)
        if not replace(provider, processor, ours):
            provider.add_span_processor(ours)
        with_trace_ids(provider)
        _configured.provider, _configured.processor = provider, ours
        process_exit.handle_sigterm()


def flush(timeout: float = 30.0) -> bool:
    """Wait, at most so many seconds, until all spans so far are at the server; running ones that
    are due, too. False if they are not."""
    until = time.monotonic() + timeout
    done = True
    for processor in _in_use():
        for each in (processor, exporter_of(processor)):
            left = max(0, int((until - time.monotonic()) * 1e3))
            try:
                done = each is None or (each.force_flush(left) is not False and done)
            except Exception:
                _log.exception("Spans may not have been sent")
                done = False
    return done


def shutdown() -> None:
    """Send what waits, and stop. ``configure`` may be called again."""
    for processor in _in_use():
        try:
            processor.shutdown()
        except Exception:
            _log.exception("Spans that waited may not have been sent")
    with _configured.lock:
        _configured.provider = _configured.processor = None


def get_tracer(name: str, version: str | None = None) -> trace.Tracer:
    """A tracer of the application's provider. Its root spans take the id that ``use_trace_id``
    gives."""
    return with_trace_ids(trace.get_tracer(name, version))


def sdk_disabled() -> bool:
    """As the SDK understands the variable: nothing but true counts."""
    return (Environment().text("OTEL_SDK_DISABLED") or "").lower() == "true"


def _in_use() -> list[SpanProcessor]:
    provider = _configured.provider or global_provider()
    found = [] if provider is None else _senders(provider)
    ours = _configured.processor
    return found if ours is None or ours in found else [*found, ours]


def _senders(provider: TracerProvider) -> list[SpanProcessor]:
    return [each for each in processors_of(provider) or () if sends_to_audittrail(each)]


def _new_provider(told: dict[str, str | bool | int | float]) -> TracerProvider:
    resource = Resource.create({**_distribution(), **told})
    ids = GivenTraceIds(RandomIdGenerator())
    try:
        provider = TracerProvider(resource=resource, id_generator=ids)
    except ValueError as error:
        _log.warning("%s; the default limits of spans are used", error)
        provider = TracerProvider(resource=resource, id_generator=ids, span_limits=_limits())
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        trace.set_tracer_provider(provider)
    if trace.get_tracer_provider() is not provider:
        _log.warning(
            "The application's tracer provider is a %s, not the one of the OpenTelemetry SDK. "
            "AuditTrail gets no spans of its tracers, only of those of the provider that "
            "configure() returns",
            type(trace.get_tracer_provider()).__qualname__,
        )
    return provider


def _limits() -> SpanLimits:
    return SpanLimits(
        max_attributes=_LIMIT,
        max_events=_LIMIT,
        max_links=_LIMIT,
        max_span_attributes=_LIMIT,
        max_event_attributes=_LIMIT,
        max_link_attributes=_LIMIT,
        max_attribute_length=SpanLimits.UNSET,
        max_span_attribute_length=SpanLimits.UNSET,
    )


def _distribution() -> dict[str, str]:
    return {"telemetry.distro.name": DISTRIBUTION, "telemetry.distro.version": version()}


def _resource_attributes(
    service_name: str | None,
    environment: str | None,
    more: Mapping[str, str | bool | int | float] | None,
) -> dict[str, str | bool | int | float]:
    told = dict(more or {})
    for argument, key, value in (
        ("service_name", "service.name", service_name),
        ("environment", "deployment.environment.name", environment),
    ):
        if value is None:
            continue
        if not isinstance(value, str) or not value.strip():
            raise SettingsError(
                f"{argument} is {value!r}, but should be a name, such as 'my-agent'"
            )
        told[key] = value
    return told
