"""Zero code: OpenTelemetry's own launcher, and two variables."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.otel_exporter.agents import environment_for, eventually_stored, script, stored
from tests.otel_exporter.receivers import Receiver
from tests.support.people import Person

LAUNCHER = str(Path(sys.executable).with_name("opentelemetry-instrument"))
# As if opentelemetry-distro was not installed.
NO_DISTRO = {"OTEL_PYTHON_DISTRO": "none", "OTEL_PYTHON_CONFIGURATOR": "none"}
ZERO_CODE = {
    "OTEL_TRACES_EXPORTER": "audittrail",
    "OTEL_METRICS_EXPORTER": "none",
    "OTEL_LOGS_EXPORTER": "none",
    "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "*",
    "OTEL_BSP_SCHEDULE_DELAY": "20",
    "PYTHONWARNINGS": "ignore",
}
# It uses nothing but OpenTelemetry's API, and knows nothing of AuditTrail.
AGENT = """
import sys
from opentelemetry import trace
tracer = trace.get_tracer("agent")
with tracer.start_as_current_span("root"):
    tracer.start_span("step").end()
    print(type(trace.get_tracer_provider()).__name__, flush=True)
    sys.stdin.readline()
"""
with_and_without_distro = pytest.mark.parametrize(
    "distro", [{}, NO_DISTRO], ids=["distro", "no distro"]
)


def launch(person: Person, folder: Path, **environment: str) -> subprocess.Popen[str]:
    """The agent; it goes on when its standard input is closed."""
    return subprocess.Popen(
        [LAUNCHER, sys.executable, script(folder, AGENT, "")],
        env=environment_for(person, **(ZERO_CODE | environment)),
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@with_and_without_distro
def test_running_spans_are_seen_without_code(
    person: Person, tmp_path: Path, distro: dict[str, str]
) -> None:
    """With and without the distribution of OpenTelemetry, which sets up the SDK."""
    with launch(person, tmp_path, **distro) as agent:
        eventually_stored(person, "root", "step")
        assert stored(person) == {"root": "running", "step": "ok"}
        out, err = agent.communicate("\n", timeout=60)
    assert (out, agent.returncode) == ("TracerProvider\n", 0)
    assert "audittrail" not in err
    assert "Traceback" not in err
    assert stored(person) == {"root": "ok", "step": "ok"}
    (trace,) = person.pages("/api/v1/traces")
    assert trace["span_count"] == 2


@with_and_without_distro
def test_running_spans_can_be_turned_off(
    person: Person, tmp_path: Path, distro: dict[str, str]
) -> None:
    """By a variable."""
    with launch(person, tmp_path, AUDITTRAIL_LIVE="false", **distro) as agent:
        eventually_stored(person, "step")
        assert stored(person) == {"step": "ok"}
        agent.communicate("\n", timeout=60)
    assert stored(person) == {"root": "ok", "step": "ok"}


@with_and_without_distro
@pytest.mark.parametrize(
    "environment",
    [
        {"OTEL_TRACES_EXPORTER": "none"},
        {"OTEL_TRACES_EXPORTER": "console"},
        {"OTEL_SDK_DISABLED": "true"},
    ],
    ids=str,
)
def test_it_does_nothing_unless_it_is_asked(
    person: Person, tmp_path: Path, distro: dict[str, str], environment: dict[str, str]
) -> None:
    """Being installed is not being asked, even with a server in the environment."""
    with launch(person, tmp_path, **(distro | environment)) as agent:
        _, err = agent.communicate("\n", timeout=60)
    assert agent.returncode == 0
    assert "audittrail" not in err
    assert stored(person) == {}


def test_other_exporters_keep_their_spans(person: Person, tmp_path: Path, web: Receiver) -> None:
    """They get final versions, and no others."""
    with launch(
        person,
        tmp_path,
        OTEL_TRACES_EXPORTER="otlp, audittrail",
        OTEL_EXPORTER_OTLP_ENDPOINT=web.endpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf",
    ) as agent:
        eventually_stored(person, "root", "step")
        agent.communicate("\n", timeout=60)
    assert stored(person) == {"root": "ok", "step": "ok"}
    assert sorted(web.names) == ["root", "step"]


def test_sigterm_is_handled_without_code_too(person: Person, tmp_path: Path) -> None:
    """As after configure()."""
    with launch(person, tmp_path, OTEL_BSP_SCHEDULE_DELAY="3600000") as agent:
        assert agent.stdout is not None
        assert agent.stdout.readline() == "TracerProvider\n"
        agent.terminate()
        assert agent.wait(60) == -15
    assert stored(person) == {"root": "running", "step": "ok"}


def test_an_sdk_that_differs_is_left_as_it_is(person: Person, tmp_path: Path) -> None:
    """Spans arrive when they have ended, and the log says why no sooner."""
    agent = script(
        tmp_path,
        """
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry import trace
        class FutureProvider(TracerProvider):
            def __getattribute__(self, name):
                if name == "_active_span_processor" and hidden:
                    raise AttributeError(name)
                return super().__getattribute__(name)
        hidden = False
        provider = FutureProvider()
        trace.set_tracer_provider(provider)
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from audittrail.otel_exporter import AuditTrailSpanExporter
        from audittrail.otel_exporter.auto import pre_instrument
        provider.add_span_processor(BatchSpanProcessor(AuditTrailSpanExporter()))
        hidden = True
        pre_instrument()
        hidden = False
        with trace.get_tracer("agent").start_as_current_span("root"):
            pass
        """,
        "",
    )
    done = subprocess.run(
        [sys.executable, agent],
        env=environment_for(person, **ZERO_CODE),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "call configure() in the agent instead" in done.stderr
    assert stored(person) == {"root": "ok"}
