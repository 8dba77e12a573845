// An agent in Node, traced with OpenTelemetry's SDK for JavaScript and nothing else.
//
//   npm install
//   export OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318
//   export OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20sk-at-...   # not for a local server
//   export OPENAI_API_KEY=sk-...
//   npm start -- "What is the weather in Paris?"
//
// Each step is a span with the attributes of OpenTelemetry's conventions for generative AI.
//
// Without a key of OpenAI: `python -m audittrail.testing.model_server` (pip install audittrail-otel)
// in another terminal plays the model, and says what to export.

import { SpanStatusCode, context, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";

const MODEL = "gpt-4o-mini";
const AGENT = "weather-guide";
const OPENAI = process.env.OPENAI_BASE_URL ?? "https://api.openai.com/v1";
const WEATHER = { Paris: "mild, 17 degrees", Oslo: "cold, 2 degrees", Lima: "cloudy, 19 degrees" };
const TOOLS = [
  {
    type: "function",
    function: {
      name: "get_weather",
      description: "The weather in a city now.",
      parameters: {
        type: "object",
        properties: { city: { type: "string" } },
        required: ["city"],
      },
    },
  },
];

const provider = new BasicTracerProvider({
  resource: resourceFromAttributes({ "service.name": AGENT }),
  // The endpoint and the headers are those of OTEL_EXPORTER_OTLP_*.
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
const tracer = provider.getTracer("weather_guide");

// Run `work` in a span below `parent`. An error is recorded, and thrown on.
async function inSpan(parent, name, attributes, work) {
  const span = tracer.startSpan(name, { attributes }, parent);
  try {
    return await work(span, trace.setSpan(parent, span));
  } catch (error) {
    span.recordException(error);
    span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
    throw error;
  } finally {
    span.end();
  }
}

function runAgent(question) {
  const attributes = { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": AGENT };
  return inSpan(context.active(), `invoke_agent ${AGENT}`, attributes, async (span, here) => {
    console.log(`Open http://localhost:3000/traces/${span.spanContext().traceId} to see it`);
    const messages = [{ role: "user", content: question }];
    span.setAttribute("gen_ai.input.messages", JSON.stringify(messages));
    for (;;) {
      const said = await askModel(here, messages);
      messages.push(said);
      if (!said.tool_calls?.length) {
        span.setAttribute("gen_ai.output.messages", JSON.stringify([said]));
        return said.content;
      }
      // All tools at the same time.
      const results = said.tool_calls.map((call) => useTool(here, call));
      messages.push(...(await Promise.all(results)));
    }
  });
}

function askModel(parent, messages) {
  const attributes = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": MODEL,
    "gen_ai.input.messages": JSON.stringify(messages),
  };
  return inSpan(parent, `chat ${MODEL}`, attributes, async (span) => {
    const answer = await fetch(`${OPENAI}/chat/completions`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${process.env.OPENAI_API_KEY}`,
      },
      body: JSON.stringify({ model: MODEL, messages, tools: TOOLS }),
    });
    const got = await answer.json();
    if (!answer.ok) throw new Error(got.error?.message ?? answer.statusText);
    const [choice] = got.choices;
    span.setAttributes({
      "gen_ai.response.id": got.id,
      "gen_ai.response.model": got.model,
      "gen_ai.response.finish_reasons": [choice.finish_reason],
      "gen_ai.output.messages": JSON.stringify([choice.message]),
      "gen_ai.usage.input_tokens": got.usage.prompt_tokens,
      "gen_ai.usage.output_tokens": got.usage.completion_tokens,
    });
    return choice.message;
  });
}

function useTool(parent, call) {
  const { name } = call.function;
  const attributes = {
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": name,
    "gen_ai.tool.call.id": call.id,
    "gen_ai.tool.call.arguments": call.function.arguments,
  };
  return inSpan(parent, `execute_tool ${name}`, attributes, async (span) => {
    const { city } = JSON.parse(call.function.arguments);
    const content = `${city}: ${WEATHER[city] ?? "nobody knows"}`;
    span.setAttribute("gen_ai.tool.call.result", content);
    return { role: "tool", tool_call_id: call.id, content };
  });
}

if (!process.env.OPENAI_API_KEY) {
  console.error("Set OPENAI_API_KEY, or start a model server as the top of this file says.");
  process.exit(1);
}
try {
  console.log(await runAgent(process.argv.slice(2).join(" ") || "What is the weather in Paris?"));
} catch (error) {
  console.error(`The agent failed: ${error.message}`);
  process.exitCode = 1;
} finally {
  await provider.shutdown();
}
