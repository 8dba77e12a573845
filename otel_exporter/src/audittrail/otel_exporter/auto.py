"""Zero code: ``OTEL_TRACES_EXPORTER=audittrail opentelemetry-instrument python agent.py``.

With a distribution of OpenTelemetry installed, the SDK is set up by then, with AuditTrail's
exporter behind the SDK's batch processor, which knows no running spans; AuditTrail's own processor
takes its place. Without one, nothing is set up yet.
"""

from __future__ import annotations

import logging

from audittrail.otel_exporter.configure import adopt, configure, sdk_disabled
from audittrail.otel_exporter.processor import AuditTrailSpanProcessor
from audittrail.otel_exporter.providers import (
    global_provider,
    processors_of,
    sends_to_audittrail,
)
from audittrail.otel_exporter.settings.environment import Environment

__all__ = ["pre_instrument"]

_log = logging.getLogger(__name__)


def pre_instrument() -> None:
    """Called by OpenTelemetry's auto-instrumentation before it instruments anything, in every
    process where this package is installed. It does nothing unless ``OTEL_TRACES_EXPORTER`` names
    audittrail."""
    try:
        if _is_wanted():
            _set_up()
    except Exception:
        _log.exception("Spans are not sent to AuditTrail; call configure() in the agent instead")


def _is_wanted() -> bool:
    names = Environment().text("OTEL_TRACES_EXPORTER") or ""
    return "audittrail" in (name.strip() for name in names.split(",")) and not sdk_disabled()


def _set_up() -> None:
    provider = global_provider()
    processors = () if provider is None else processors_of(provider)
    if processors is None:
        _log.warning(
            "This version of the OpenTelemetry SDK does not let running spans be sent without "
            "code, so spans appear when they have ended; call configure() in the agent instead"
        )
        return
    senders = [each for each in processors if sends_to_audittrail(each)]
    if provider is None or not senders:
        configure()
    for each in senders:
        if provider is not None and not isinstance(each, AuditTrailSpanProcessor):
            adopt(provider, each)
