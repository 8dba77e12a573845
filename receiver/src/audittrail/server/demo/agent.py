"""A scripted agent that streams its spans while it works; a process of its own.

    AUDITTRAIL_ENDPOINT=http://127.0.0.1:8000 python -m audittrail.server.demo.agent

It is what an agent with OpenTelemetry's API looks like, but for the model and the tools, which only
take their time.
"""

from __future__ import annotations

import argparse
import contextlib
import contextvars
import json
import os
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import typer
from opentelemetry.trace import Span, Tracer, format_trace_id

from audittrail import semconv
from audittrail.otel_exporter import configure, flush, get_tracer
from audittrail.server.demo import trip
from audittrail.server.demo.trip import ModelCall, Search

__all__ = ["NAME", "TripPlanner", "main"]

NAME: Final = "trip-planner"
_MODEL: Final = "gpt-4o-mini"
_RETRY_PAUSE_S: Final = 0.6
_GIVE_UP_S: Final = 1.5


class TripPlanner:
    """Plans one trip. ``speed`` 1 takes about 16 seconds, 0 no time."""

    def __init__(self, tracer: Tracer, dashboard: str, speed: float = 1.0) -> None:
        self._tracer = tracer
        self._dashboard = dashboard
        self._speed = speed
        self._always = {
            semconv.AGENT_NAME: NAME,
            semconv.SESSION_ID: f"trip-{uuid.uuid4().hex[:8]}",
            semconv.USER_ID: "ana",
            semconv.ENVIRONMENT: "demo",
        }

    def run(self) -> str:
        """The itinerary."""
        invoked = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": NAME,
            semconv.INPUT: trip.REQUEST,
        }
        with self._step(f"invoke_agent {NAME}", "agent", invoked) as span:
            trace_id = format_trace_id(span.get_span_context().trace_id)
            _say(f"Open {self._dashboard}/traces/{trace_id} to watch live")
            self._ask("plan", trip.PLAN)
            self._research()
            self._ask("compare", trip.COMPARE)
            self._use(trip.FORECAST, "call_forecast")
            self._write()
            span.set_attribute(semconv.OUTPUT, trip.ITINERARY)
        return trip.ITINERARY

    def _research(self) -> None:
        """The guides first, then flights and hotels at the same time."""
        with self._step("research", "chain", {semconv.INPUT: trip.PLAN.said or ""}) as span:
            self._look_up(trip.GUIDES)
            with ThreadPoolExecutor(2) as pool:
                # Each thread goes on in this step's context, so that its spans are its children.
                jobs = [
                    pool.submit(contextvars.copy_context().run, job)
                    for job in (self._find_flights, self._find_hotels)
                ]
            flights, hotels = (job.result() for job in jobs)
            span.set_attribute(semconv.OUTPUT, _json({"flights": flights, "hotels": hotels}))

    def _find_flights(self) -> Any:
        return self._use(trip.FLIGHTS, "call_flights")

    def _find_hotels(self) -> Any:
        """The service is down at first: that call fails, and another follows."""
        try:
            return self._use(trip.HOTELS, "call_hotels", fails=trip.HOTELS_DOWN)
        except TimeoutError:
            self._pause(_RETRY_PAUSE_S)
            return self._use(trip.HOTELS, "call_hotels")

    def _write(self) -> None:
        with self._step(
            "write itinerary", "chain", {semconv.INPUT: trip.DRAFT.heard[-1][1]}
        ) as span:
            self._ask("draft", trip.DRAFT)
            self._use(trip.BUDGET, "call_budget")
            span.set_attribute(semconv.OUTPUT, trip.ITINERARY)

    def _ask(self, purpose: str, call: ModelCall) -> None:
        """One call of the model, in the words of OpenTelemetry's conventions."""
        asked = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": _MODEL,
            "gen_ai.request.temperature": 0.2,
            "gen_ai.system_instructions": _json([{"type": "text", "content": trip.SYSTEM}]),
            "gen_ai.input.messages": _json([_message(role, text) for role, text in call.heard]),
        }
        with self._step(f"chat {_MODEL}", "llm", asked, shown=f"{_MODEL}, to {purpose}") as span:
            self._pause(call.seconds)
            reason = "tool_calls" if call.asked_for else "stop"
            span.set_attributes(
                {
                    "gen_ai.response.model": f"{_MODEL}-2024-07-18",
                    "gen_ai.response.id": f"chatcmpl-{uuid.uuid4().hex[:24]}",
                    "gen_ai.response.finish_reasons": (reason,),
                    "gen_ai.output.messages": _json([_answer(call, reason)]),
                    "gen_ai.usage.input_tokens": call.tokens_in,
                    "gen_ai.usage.cache_read.input_tokens": call.tokens_cached,
                    "gen_ai.usage.output_tokens": call.tokens_out,
                    "gen_ai.usage.reasoning.output_tokens": call.tokens_reasoning,
                }
            )

    def _use(self, tool: Search, call_id: str, fails: str | None = None) -> Any:
        used = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": tool.name,
            "gen_ai.tool.call.id": call_id,
            "gen_ai.tool.call.arguments": _json(tool.arguments),
        }
        with self._step(f"execute_tool {tool.name}", "tool", used, shown=tool.name) as span:
            if fails is not None:
                self._pause(_GIVE_UP_S)
                raise TimeoutError(fails)
            self._pause(tool.seconds)
            span.set_attribute("gen_ai.tool.call.result", _json(tool.result))
        return tool.result

    def _look_up(self, search: Search) -> None:
        looked_up = {
            "gen_ai.operation.name": "retrieval",
            "gen_ai.data_source.id": "travel-guides",
            "gen_ai.retrieval.query.text": search.arguments["query"],
        }
        with self._step(search.name, "retriever", looked_up) as span:
            self._pause(search.seconds)
            span.set_attribute("gen_ai.retrieval.documents", _json(search.result))

    @contextlib.contextmanager
    def _step(
        self, name: str, kind: str, attributes: dict[str, Any], shown: str | None = None
    ) -> Iterator[Span]:
        """A span of this type. What it is given is known when it starts, so it is seen at once."""
        given = {**self._always, semconv.SPAN_TYPE: kind, **attributes}
        started = time.perf_counter()
        outcome = ""
        try:
            with self._tracer.start_as_current_span(name, attributes=given) as span:
                yield span
        except Exception as error:
            outcome = f", failed: {error}"
            raise
        finally:
            took = time.perf_counter() - started
            _say(f"  {kind:<9} {shown or name} ({took:.1f} s{outcome})")

    def _pause(self, seconds: float) -> None:
        time.sleep(seconds * self._speed)


def _message(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def _answer(call: ModelCall, reason: str) -> dict[str, Any]:
    parts: list[dict[str, Any]] = []
    if call.said is not None:
        parts.append({"type": "text", "content": call.said})
    for call_id, name, arguments in call.asked_for:
        parts.append({"type": "tool_call", "id": call_id, "name": name, "arguments": arguments})
    return {"role": "assistant", "parts": parts, "finish_reason": reason}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _say(text: str) -> None:
    typer.echo(f"[LIVE] {text}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 1 if anything could not be sent."""
    parser = argparse.ArgumentParser(prog="agent", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--fast", action="store_true", help="take no time")
    given = parser.parse_args(arguments)
    configure(service_name=NAME)
    dashboard = os.environ.get("AUDITTRAIL_DASHBOARD_URL", "http://localhost:3000")
    TripPlanner(get_tracer("trip_planner"), dashboard, 0 if given.fast else 1).run()
    if not flush():
        _say("Some spans could not be sent.")
        return 1
    _say("All spans sent incrementally. Trace complete.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
