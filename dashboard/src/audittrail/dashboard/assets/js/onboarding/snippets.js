/** Lines to copy that send a first trace, with the address and the key filled in. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  const langchain = (url, key) => `# pip install 'audittrail-otel[langchain]'
import os

os.environ["AUDITTRAIL_ENDPOINT"] = "${url}"
${key ? `os.environ["AUDITTRAIL_API_KEY"] = "${key}"\n` : ""}
from audittrail.callback_handler import AuditTrailCallbackHandler
from langchain_core.runnables import RunnableLambda

# Your chain, agent or graph takes the place of this one.
agent = RunnableLambda(lambda question: f"You asked: {question}").with_config(run_name="my-agent")
print(agent.invoke("Is it raining?", config={"callbacks": [AuditTrailCallbackHandler()]}))
`;

  const python = (url, key) => `# pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http
import os

os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "${url}"
${key ? `os.environ["OTEL_EXPORTER_OTLP_HEADERS"] = "Authorization=Bearer%20${key}"\n` : ""}
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)

with trace.get_tracer("my-agent").start_as_current_span("my-agent") as span:
    span.set_attribute("gen_ai.operation.name", "invoke_agent")
    span.set_attribute("gen_ai.agent.name", "my-agent")
provider.shutdown()
`;

  const node = (url, key) => `// npm install @opentelemetry/api @opentelemetry/sdk-node @opentelemetry/exporter-trace-otlp-proto
process.env.OTEL_EXPORTER_OTLP_ENDPOINT = "${url}";
${key ? `process.env.OTEL_EXPORTER_OTLP_HEADERS = "Authorization=Bearer%20${key}";\n` : ""}process.env.OTEL_METRICS_EXPORTER = "none";
process.env.OTEL_LOGS_EXPORTER = "none";

const { trace } = await import("@opentelemetry/api");
const { NodeSDK } = await import("@opentelemetry/sdk-node");
const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-proto");

const sdk = new NodeSDK({ traceExporter: new OTLPTraceExporter() });
sdk.start();
trace.getTracer("my-agent").startActiveSpan("my-agent", (span) => {
  span.setAttribute("gen_ai.operation.name", "invoke_agent");
  span.end();
});
await sdk.shutdown();
`;

  const curl = (url, key) => `curl --fail-with-body "${url}/v1/traces" \\
${key ? `  -H "Authorization: Bearer ${key}" \\\n` : ""}  -H "Content-Type: application/json" -d '{
  "resourceSpans": [{"scopeSpans": [{"spans": [{
    "traceId": "'$(openssl rand -hex 16)'",
    "spanId": "'$(openssl rand -hex 8)'",
    "name": "my-agent",
    "startTimeUnixNano": "'$(date +%s)000000000'",
    "endTimeUnixNano": "'$(date +%s)500000000'",
    "attributes": [{"key": "gen_ai.operation.name", "value": {"stringValue": "invoke_agent"}}]
  }]}]}]
}'
`;

  const collector = (url, key) => `# Beside what your Collector has already.
exporters:
  otlphttp/audittrail:
    endpoint: ${url}
    compression: gzip
${key ? `    headers:\n      Authorization: Bearer ${key}\n` : ""}
service:
  pipelines:
    traces:
      receivers: [otlp]
      exporters: [otlphttp/audittrail]
`;

  at.onboarding ??= {};
  at.onboarding.snippets = [
    { name: "langchain", label: "Python (LangChain)", lines: langchain },
    { name: "python", label: "Python (OpenTelemetry)", lines: python },
    { name: "node", label: "TypeScript", lines: node },
    { name: "curl", label: "curl", lines: curl },
    { name: "collector", label: "Collector", lines: collector },
  ];
})();
