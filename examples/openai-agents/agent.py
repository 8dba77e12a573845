"""Two agents of the OpenAI Agents SDK with a tool and a hand-off, traced by OpenInference.

    pip install -r requirements.txt
    export OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318
    export OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20sk-at-...   # not for a local server
    export OPENAI_API_KEY=sk-...
    python agent.py "What is the weather in Paris?"

The instrumentation takes the place of the SDK's own tracing, so that nothing is uploaded to OpenAI
but the calls of the model.

Without a key of OpenAI: `python -m audittrail.testing.model_server` (pip install audittrail-otel)
in another terminal plays the model, and says what to export.
"""

from __future__ import annotations

import asyncio
import os
import sys

from agents import Agent, Runner, function_tool
from openinference.instrumentation.openai_agents import OpenAIAgentsInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

MODEL = "gpt-4o-mini"
WEATHER = {"Paris": "mild, 17 degrees", "Oslo": "cold, 2 degrees", "Lima": "cloudy, 19 degrees"}


@function_tool
def get_weather(city: str) -> str:
    """The weather in a city now."""
    return f"{city}: {WEATHER.get(city, 'nobody knows')}"


meteorologist = Agent(
    name="meteorologist",
    handoff_description="Knows the weather in cities.",
    instructions="Answer questions on the weather. Use the tool.",
    model=MODEL,
    tools=[get_weather],
)
concierge = Agent(
    name="concierge",
    instructions="Hand questions on the weather over to the meteorologist.",
    model=MODEL,
    handoffs=[meteorologist],
)


async def run(question: str) -> str:
    return str((await Runner.run(concierge, question)).final_output)


def main() -> None:
    if not os.environ.get("OPENAI_API_KEY"):
        sys.exit("Set OPENAI_API_KEY, or start a model server as the top of this file says.")
    provider = TracerProvider(resource=Resource.create({"service.name": "concierge"}))
    # The endpoint and the headers are those of OTEL_EXPORTER_OTLP_*.
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    OpenAIAgentsInstrumentor().instrument(tracer_provider=provider)
    print("Open http://localhost:3000/traces to see it", flush=True)
    print(asyncio.run(run(" ".join(sys.argv[1:]) or "What is the weather in Paris?")))
    provider.shutdown()


if __name__ == "__main__":
    main()
