"""An agent traced with OpenTelemetry's own SDK and nothing else.

    pip install -r requirements.txt
    export OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318
    export OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20sk-at-...   # not for a local server
    export OPENAI_API_KEY=sk-...
    python agent.py "What is the weather in Paris?"

Each step is a span with the attributes of OpenTelemetry's conventions for generative AI (gen_ai.*):
one for the agent, one for each call of the model, one for each tool. Any backend reads them.

Without a key of OpenAI: `python -m audittrail.testing.model_server` (pip install audittrail-otel)
in another terminal plays the model, and says what to export.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from openai import OpenAI
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

MODEL = "gpt-4o-mini"
AGENT = "weather-guide"
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

tracer = trace.get_tracer("weather_guide")


def run_agent(client: OpenAI, question: str) -> str:
    attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": AGENT}
    with tracer.start_as_current_span(f"invoke_agent {AGENT}", attributes=attributes) as span:
        trace_id = trace.format_trace_id(span.get_span_context().trace_id)
        print(f"Open http://localhost:3000/traces/{trace_id} to see it", flush=True)
        messages: list[Any] = [{"role": "user", "content": question}]
        span.set_attribute("gen_ai.input.messages", as_json(messages))
        while True:
            said = ask_model(client, messages)
            messages.append(said.model_dump(exclude_none=True))
            if not said.tool_calls:
                span.set_attribute("gen_ai.output.messages", as_json(messages[-1:]))
                return str(said.content)
            for call in said.tool_calls:
                result = use_tool(call)
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result})


def ask_model(client: OpenAI, messages: list[Any]) -> Any:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": MODEL,
        "gen_ai.input.messages": as_json(messages),
    }
    with tracer.start_as_current_span(f"chat {MODEL}", attributes=attributes) as span:
        got = client.chat.completions.create(model=MODEL, messages=messages, tools=TOOLS)
        said = got.choices[0].message
        span.set_attributes(
            {
                "gen_ai.response.id": got.id,
                "gen_ai.response.model": got.model,
                "gen_ai.response.finish_reasons": [got.choices[0].finish_reason],
                "gen_ai.output.messages": as_json([said.model_dump(exclude_none=True)]),
            }
        )
        if got.usage is not None:
            span.set_attribute("gen_ai.usage.input_tokens", got.usage.prompt_tokens)
            span.set_attribute("gen_ai.usage.output_tokens", got.usage.completion_tokens)
        return said


def use_tool(call: Any) -> str:
    name, arguments = call.function.name, call.function.arguments
    attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": name,
        "gen_ai.tool.call.id": call.id,
        "gen_ai.tool.call.arguments": arguments,
    }
    # An exception that leaves the block is recorded, and the span has failed.
    with tracer.start_as_current_span(f"execute_tool {name}", attributes=attributes) as span:
        city = json.loads(arguments)["city"]
        result = f"{city}: {WEATHER.get(city, 'nobody knows')}"
        span.set_attribute("gen_ai.tool.call.result", result)
        return result


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def main() -> None:
    if not os.environ.get("OPENAI_API_KEY"):
        sys.exit("Set OPENAI_API_KEY, or start a model server as the top of this file says.")
    provider = TracerProvider(resource=Resource.create({"service.name": AGENT}))
    # The endpoint and the headers are those of OTEL_EXPORTER_OTLP_*.
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    question = " ".join(sys.argv[1:]) or "What is the weather in Paris?"
    with OpenAI() as client:
        print(run_agent(client, question))
    provider.shutdown()


if __name__ == "__main__":
    main()
