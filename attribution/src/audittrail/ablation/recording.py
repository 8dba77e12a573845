"""The ablation's own calls as a trace: marked as what they are, with their cost, and apart from
the agent's."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from audittrail import semconv
from audittrail.ablation.completion import Completion
from audittrail.ablation.step import Step
from audittrail.attribution import Mask

__all__ = ["RUN_ATTRIBUTE", "SERVICE", "CallsTrace"]

SERVICE: Final = "audittrail-ablation"
RUN_ATTRIBUTE: Final = "audittrail.ablation.run"
_ENVIRONMENT: Final = "ablation"
_CLIENT: Final = 3


class CallsTrace:
    """Makes OTLP/JSON requests. The spans link to the span that is explained; the root is told
    when the run begins, and again when it ends."""

    def __init__(self, run_id: str, trace_id: str, explained_trace: str, name: str) -> None:
        self.trace_id = trace_id
        self._run_id = run_id
        self._explained = explained_trace
        self._name = f"Ablation of {name}"
        # The same after a restart, so that it is one span.
        self._root = run_id.encode().hex()[-16:].rjust(16, "1")

    def root(self, target: Step, start_ns: int, end_ns: int | None, state: str) -> bytes:
        """The span over all calls; one without an end still runs."""
        span = {
            **self._span(self._root, self._name, start_ns, end_ns or 0, target),
            "attributes": _attributes(
                {
                    semconv.SPAN_TYPE: "chain",
                    semconv.RUNNING: True if end_ns is None else None,
                    RUN_ATTRIBUTE: self._run_id,
                    "audittrail.ablation.state": state,
                }
            ),
        }
        return _request([span])

    def call(
        self, step: Step, mask: Mask, sample: int, body: Mapping[str, Any], answer: Completion
    ) -> bytes:
        """The span of one call."""
        end = time.time_ns()
        start = end - round(answer.duration_ms * 1e6)
        calls = [
            {"id": call.id, "name": call.name, "arguments": call.arguments}
            for call in answer.tool_calls
        ]
        labels = {source.id: source.label for source in step.players}
        removed = [labels[name] for name in sorted(step.removed(mask))]
        model = answer.model or step.model
        span = {
            **self._span(secrets.token_hex(8), f"chat {step.model}", start, end, step),
            "parentSpanId": self._root,
            "kind": _CLIENT,
            "attributes": _attributes(
                {
                    semconv.SPAN_TYPE: "llm",
                    semconv.INPUT: json.dumps(body["messages"], ensure_ascii=False),
                    semconv.OUTPUT: answer.text or None,
                    semconv.TOOL_CALLS: json.dumps(calls, ensure_ascii=False) if calls else None,
                    semconv.MODEL: model,
                    semconv.PROVIDER: step.provider,
                    semconv.TOKENS_IN: answer.tokens_in,
                    semconv.TOKENS_OUT: answer.tokens_out,
                    semconv.TOKENS_CACHED: answer.tokens_cached,
                    semconv.TOKENS_REASONING: answer.tokens_reasoning,
                    "gen_ai.request.model": step.model,
                    "gen_ai.response.finish_reasons": answer.finish_reason,
                    RUN_ATTRIBUTE: self._run_id,
                    "audittrail.ablation.step": step.name,
                    "audittrail.ablation.mask": format(mask, "x"),
                    "audittrail.ablation.sample": sample,
                    "audittrail.ablation.removed": json.dumps(removed, ensure_ascii=False),
                }
            ),
        }
        return _request([span])

    def _span(self, span_id: str, name: str, start: int, end: int, step: Step) -> dict[str, Any]:
        return {
            "traceId": self.trace_id,
            "spanId": span_id,
            "name": name,
            "startTimeUnixNano": str(start),
            "endTimeUnixNano": str(end),
            "status": {},
            "links": [{"traceId": self._explained, "spanId": step.span_id[-16:]}],
        }


def _request(spans: Sequence[Mapping[str, Any]]) -> bytes:
    resource = {"service.name": SERVICE, "deployment.environment.name": _ENVIRONMENT}
    scope = {"name": "audittrail.ablation"}
    request = {
        "resourceSpans": [
            {
                "resource": {"attributes": _attributes(resource)},
                "scopeSpans": [{"scope": scope, "spans": spans}],
            }
        ]
    }
    return json.dumps(request, ensure_ascii=False).encode()


def _attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"key": key, "value": _value(value)} for key, value in values.items() if value is not None
    ]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"stringValue": str(value)}
