"""One line sets an agent up, whatever is there already."""

from __future__ import annotations

import importlib
import logging
import signal
import threading
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.util._once import Once

from audittrail.errors import SettingsError
from audittrail.otel_exporter import (
    AuditTrailSpanExporter,
    AuditTrailSpanProcessor,
    configure,
    ensure_configured,
    flush,
    get_tracer,
    shutdown,
)
from audittrail.otel_exporter.providers import processors_of
from audittrail.otel_exporter.trace_ids import use_trace_id
from tests.otel_exporter.receivers import Receiver
from tests.otel_exporter.recorder import Hanging, Recorder

# The package has a function of the same name.
module: Any = importlib.import_module("audittrail.otel_exporter.configure")


@pytest.fixture(autouse=True)
def _as_if_nothing_was_configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    monkeypatch.setattr(trace, "_TRACER_PROVIDER_SET_ONCE", Once())
    monkeypatch.setattr(module, "_configured", module._Configured())
    monkeypatch.setenv("AUDITTRAIL_SPOOL_DIR", "")
    handler = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, handler)
    shutdown()
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.shutdown()


def application_provider(*processors: Any) -> TracerProvider:
    """As an application sets it up that uses OpenTelemetry already."""
    provider = TracerProvider(
        resource=Resource.create({"service.name": "theirs"}), shutdown_on_exit=False
    )
    for each in processors:
        provider.add_span_processor(each)
    trace.set_tracer_provider(provider)
    return provider


def ours(provider: TracerProvider) -> list[AuditTrailSpanProcessor]:
    return [
        each for each in processors_of(provider) or () if isinstance(each, AuditTrailSpanProcessor)
    ]


def test_spans_arrive(web: Receiver) -> None:
    """With a key, a service and an environment, and what sent them."""
    provider = configure(
        endpoint=web.endpoint,
        api_key="sk-at-1",
        service_name="planner",
        environment="staging",
        resource_attributes={"team": "blue"},
    )
    assert trace.get_tracer_provider() is provider
    get_tracer("agent", "2.0").start_span("step").end()
    assert flush()
    assert web.names == ["step"]
    assert web.headers[0]["authorization"] == "Bearer sk-at-1"
    (holder,) = web.kept[0].resource_spans
    attributes = {each.key: each.value.string_value for each in holder.resource.attributes}
    assert (
        attributes.items()
        >= {
            "service.name": "planner",
            "deployment.environment.name": "staging",
            "team": "blue",
            "telemetry.distro.name": "audittrail-otel",
            "telemetry.distro.version": version("audittrail-otel"),
            "telemetry.sdk.name": "opentelemetry",
        }.items()
    )
    assert (holder.scope_spans[0].scope.name, holder.scope_spans[0].scope.version) == (
        "agent",
        "2.0",
    )


def test_the_environment_says_what_is_not_given(
    web: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own variables and the standard ones."""
    monkeypatch.setenv("AUDITTRAIL_ENDPOINT", web.endpoint)
    monkeypatch.setenv("AUDITTRAIL_API_KEY", "sk-at-2")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "from the environment")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "team=red")
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "1")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_on")
    provider = configure()
    get_tracer("agent").start_span("step", attributes={"a": 1, "b": 2}).end()
    assert flush()
    assert web.headers[0]["authorization"] == "Bearer sk-at-2"
    assert provider.resource.attributes["service.name"] == "from the environment"
    assert provider.resource.attributes["team"] == "red"
    (span,) = web.kept[0].resource_spans[0].scope_spans[0].spans
    assert (len(span.attributes), span.dropped_attributes_count) == (1, 1)


def test_a_sampler_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it leaves out is not sent."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    recorder = Recorder()
    configure(exporter=recorder)
    get_tracer("agent").start_span("step").end()
    assert flush()
    assert recorder.spans == []


def test_a_limit_that_is_none_costs_no_spans(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log names the variable, and the agent starts."""
    monkeypatch.setenv("OTEL_SPAN_EVENT_COUNT_LIMIT", "many")
    recorder = Recorder()
    configure(exporter=recorder)
    get_tracer("agent").start_span("step").end()
    assert flush()
    assert recorder.names() == ["step"]
    assert "OTEL_SPAN_EVENT_COUNT_LIMIT" in caplog.text


def test_a_second_call_changes_nothing() -> None:
    """The provider is the same, and each span is sent once."""
    recorder, another = Recorder(), Recorder()
    provider = configure(exporter=recorder)
    assert configure(exporter=another, service_name="else") is provider
    ensure_configured()
    get_tracer("agent").start_span("step").end()
    assert flush()
    assert (recorder.names(), another.names()) == (["step"], [])


def test_many_threads_may_configure() -> None:
    """One of them does it."""
    recorder, barrier = Recorder(), threading.Barrier(8)
    providers = []

    def start() -> None:
        barrier.wait()
        providers.append(configure(exporter=recorder))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(provider) for provider in providers}) == 1
    assert len(ours(providers[0])) == 1


def test_an_application_with_a_provider_keeps_it() -> None:
    """Its own exporter gets what it got, and no running versions; AuditTrail gets it as well."""
    theirs, recorder = InMemorySpanExporter(), Recorder()
    provider = application_provider(SimpleSpanProcessor(theirs))
    assert configure(exporter=recorder, live_delay_millis=0) is provider
    with get_tracer("agent").start_as_current_span("step"):
        assert flush()
    assert flush()
    assert recorder.told() == ["~step", "step"]
    assert [span.name for span in theirs.get_finished_spans()] == ["step"]
    shutdown()
    get_tracer("agent").start_span("after").end()
    assert [span.name for span in theirs.get_finished_spans()] == ["step", "after"]
    assert recorder.shut_down == 1


def test_a_service_name_for_another_provider_is_not_used(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The log says where to give it."""
    provider = application_provider()
    with caplog.at_level(logging.INFO):
        configure(exporter=Recorder(), service_name="planner")
    assert provider.resource.attributes["service.name"] == "theirs"
    assert "give it service.name there" in caplog.text


@pytest.mark.parametrize("kind", [BatchSpanProcessor, AuditTrailSpanProcessor])
def test_spans_that_go_to_audittrail_already_are_not_sent_twice(kind: Any, web: Receiver) -> None:
    """Where an application has set the exporter up by hand."""
    exporter = AuditTrailSpanExporter(web.endpoint)
    provider = application_provider(kind(exporter))
    assert configure(endpoint=web.endpoint) is provider
    with use_trace_id(7):
        span = get_tracer("agent").start_span("step")
    span.end()
    assert flush()
    assert web.names == ["step"]
    assert span.get_span_context().trace_id == 7


def test_it_can_be_configured_again_after_a_shutdown() -> None:
    """With the provider that there is by then."""
    first, second = Recorder(), Recorder()
    provider = configure(exporter=first)
    shutdown()
    assert configure(exporter=second) is provider
    get_tracer("agent").start_span("step").end()
    assert flush()
    assert (first.names(), second.names(), first.shut_down) == ([], ["step"], 1)


def test_a_disabled_sdk_stays_disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    """OTEL_SDK_DISABLED turns everything off, and nothing breaks."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    recorder = Recorder()
    provider = configure(exporter=recorder)
    ensure_configured()
    with get_tracer("agent").start_as_current_span("step") as span:
        assert not span.is_recording()
    assert flush()
    shutdown()
    assert recorder.spans == []
    assert processors_of(provider) == ()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"service_name": " "}, "service_name"),
        ({"environment": 3}, "environment"),
        ({"endpoint": "ftp://example.com"}, "endpoint"),
        ({"protocol": "carrier pigeon"}, "protocol"),
        ({"timeout": -1}, "timeout"),
        ({"live": "false"}, "live"),
    ],
)
def test_a_wrong_argument_is_refused(wrong: dict[str, Any], said: str) -> None:
    """At start-up, by its name, and nothing is set up."""
    with pytest.raises(SettingsError, match=said):
        configure(**wrong)
    assert isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def test_a_tracer_from_before_works() -> None:
    """Modules make theirs when they are imported."""
    early = get_tracer("agent")
    recorder = Recorder()
    configure(exporter=recorder)
    with use_trace_id(9), early.start_as_current_span("step") as span:
        assert span.get_span_context().trace_id == 9
    assert flush()
    assert recorder.names() == ["step"]


def test_a_flush_that_takes_too_long_says_so() -> None:
    """And raises nothing."""
    exporter = Hanging()
    configure(exporter=exporter)
    get_tracer("agent").start_span("step").end()
    assert flush(0.05) is False
    exporter.let_go.set()
    assert flush()


def test_flush_and_shutdown_without_anything() -> None:
    """Nothing to do is done at once."""
    assert flush()
    shutdown()
    shutdown()


def test_a_provider_that_is_not_the_sdks(caplog: pytest.LogCaptureFixture) -> None:
    """It stays, and the log says that AuditTrail does not see it."""
    trace.set_tracer_provider(trace.NoOpTracerProvider())
    recorder = Recorder()
    provider = configure(exporter=recorder)
    assert isinstance(trace.get_tracer_provider(), trace.NoOpTracerProvider)
    assert "NoOpTracerProvider" in caplog.text
    provider.get_tracer("agent").start_span("step").end()
    assert flush()
    assert recorder.names() == ["step"]


class TestEnsured:
    """What happens when nobody has called configure()."""

    def test_without_a_provider(self, web: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is configured from the environment."""
        monkeypatch.setenv("AUDITTRAIL_ENDPOINT", web.endpoint)
        ensure_configured()
        get_tracer("agent").start_span("step").end()
        assert flush()
        assert web.names == ["step"]

    def test_an_applications_provider_is_left_alone(self) -> None:
        """Nothing says that AuditTrail is wanted there."""
        provider = application_provider()
        ensure_configured()
        assert processors_of(provider) == ()

    @pytest.mark.parametrize("variable", ["AUDITTRAIL_ENDPOINT", "AUDITTRAIL_API_KEY"])
    def test_an_applications_provider_is_added_to(
        self, monkeypatch: pytest.MonkeyPatch, variable: str
    ) -> None:
        """Where the environment says that it is."""
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
        provider = application_provider()
        ensure_configured()
        ensure_configured()
        assert len(ours(provider)) == 1

    def test_an_exporter_that_is_there_is_enough(
        self, web: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Even so."""
        monkeypatch.setenv("AUDITTRAIL_ENDPOINT", web.endpoint)
        provider = application_provider(BatchSpanProcessor(AuditTrailSpanExporter()))
        ensure_configured()
        assert ours(provider) == []

    def test_a_fault_is_logged_alone(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The agent did not ask for it, and must not suffer."""

        def fail(**_: object) -> None:
            raise OSError("no space")

        monkeypatch.setattr(module, "configure", fail)
        ensure_configured()
        ensure_configured()
        assert caplog.text.count("call configure()") == 1


def test_nothing_is_printed(
    web: Receiver, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """By configure, by spans, by the end."""
    configure(endpoint=web.endpoint, spool_dir=tmp_path)
    get_tracer("agent").start_span("step").end()
    assert flush()
    shutdown()
    assert capfd.readouterr() == ("", "")
