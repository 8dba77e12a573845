"""An agent on OpenAI's SDK, traced by OpenInference's instrumentation.

    pip install -r requirements.txt
    export OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318
    export OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20sk-at-...   # not for a local server
    export OPENAI_API_KEY=sk-...
    python agent.py "What is the weather in Paris?"

The instrumentation records the calls of the model by itself; two decorators make spans of the agent
and its tool. AuditTrail reads OpenInference's attributes as they are.

Without a key of OpenAI: `python -m audittrail.testing.model_server` (pip install audittrail-otel)
in another terminal plays the model, and says what to export.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from openai import OpenAI
from openinference.instrumentation import OITracer, TraceConfig
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

MODEL = "gpt-4o-mini"
WEATHER = {"Paris": "mild, 17 degrees", "Oslo": "cold, 2 degrees", "Lima": "cloudy, 19 degrees"}
TOOLS: Any = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather in a city now.",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
            },
        },
    }
]

provider = TracerProvider(resource=Resource.create({"service.name": "weather-guide"}))
# The endpoint and the headers are those of OTEL_EXPORTER_OTLP_*.
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
OpenAIInstrumentor().instrument(tracer_provider=provider)
tracer = OITracer(provider.get_tracer("weather_guide"), config=TraceConfig())


@tracer.agent(name="weather-guide")
def run_agent(question: str) -> str:
    context = trace.get_current_span().get_span_context()
    trace_id = trace.format_trace_id(context.trace_id)
    print(f"Open http://localhost:3000/traces/{trace_id} to see it", flush=True)
    messages: list[Any] = [{"role": "user", "content": question}]
    with OpenAI() as client:
        while True:
            got = client.chat.completions.create(model=MODEL, messages=messages, tools=TOOLS)
            said = got.choices[0].message
            messages.append(said.model_dump(exclude_none=True))
            if not said.tool_calls:
                return str(said.content)
            for call in said.tool_calls:
                assert call.type == "function"
                result = get_weather(**json.loads(call.function.arguments))
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result})


@tracer.tool
def get_weather(city: str) -> str:
    """The weather in a city now."""
    return f"{city}: {WEATHER.get(city, 'nobody knows')}"


def main() -> None:
    if not os.environ.get("OPENAI_API_KEY"):
        sys.exit("Set OPENAI_API_KEY, or start a model server as the top of this file says.")
    print(run_agent(" ".join(sys.argv[1:]) or "What is the weather in Paris?"))
    provider.shutdown()


if __name__ == "__main__":
    main()
