"""Checks of the files that pages ask to save."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import yaml
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from audittrail.rules.enforcement.constitution import checked
from audittrail.rules.evaluation.judge import Judge
from audittrail.rules.evaluation.rule_files import read_text
from tests.docs.blocks import Block
from tests.docs.stage import Stage


def known(block: Block) -> bool:
    return (block.page, block.name) in CHECKS


def check(block: Block, stage: Stage) -> None:
    assert block.name is not None
    CHECKS[block.page, block.name](stage.here(block.text), stage)


def _collector(text: str, stage: Stage) -> None:
    """The Collector's pipelines are whole, and what its exporter is told to do works: there is no
    Collector here, so OpenTelemetry's own exporter does it."""
    config = yaml.safe_load(text)
    for pipeline in config["service"]["pipelines"].values():
        for kind in ("receivers", "processors", "exporters"):
            assert set(pipeline[kind]) <= set(config[kind])
            assert pipeline[kind]
    assert {*config["service"]["pipelines"]} == {"traces", "logs"}
    assert {*config["receivers"]["otlp"]["protocols"]} == {"grpc", "http"}
    exporter: dict[str, Any] = config["exporters"]["otlphttp/audittrail"]
    headers = {
        name: re.sub(r"\$\{env:(\w+)\}", lambda found: stage.environment[found[1]], value)
        for name, value in exporter["headers"].items()
    }
    assert headers == {"Authorization": f"Bearer {stage.environment['AUDITTRAIL_API_KEY']}"}
    provider = TracerProvider(shutdown_on_exit=False)
    sender = OTLPSpanExporter(
        endpoint=f"{exporter['endpoint']}/v1/traces",
        headers=headers,
        compression=Compression(exporter["compression"]),
    )
    provider.add_span_processor(SimpleSpanProcessor(sender))
    with provider.get_tracer("docs").start_as_current_span("invoke_agent weather") as span:
        span.set_attribute("gen_ai.operation.name", "invoke_agent")
    provider.shutdown()


def _rules(text: str, _: Stage) -> None:
    """Every rule can be judged by."""
    read = checked(read_text(text, "support.yaml"), Judge())
    assert read.problems == []
    assert read.rules


# By page and file.
CHECKS: Final[dict[tuple[str, str | None], Callable[[str, Stage], None]]] = {
    ("docs/integrations/collector.md", "collector.yaml"): _collector,
    ("docs/rules.md", "mine/support.yaml"): _rules,
}
