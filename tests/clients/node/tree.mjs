// Spans and log records that use everything they can have.

import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  createTraceState,
  trace,
} from "@opentelemetry/api";
import { SeverityNumber } from "@opentelemetry/api-logs";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { RandomIdGenerator } from "@opentelemetry/sdk-trace-base";

import { LOG_VALUES, ODD_KEYS, SPAN_VALUES } from "./values.mjs";

export const PLANNER = resourceFromAttributes(
  {
    "service.name": "planner é😀",
    "service.instance.id": "",
    "process.pid": 2 ** 31,
    "host.up": true,
    load: 0.5,
    "process.command_args": ["node", "", "-m", "агент"],
  },
  { schemaUrl: "https://opentelemetry.io/schemas/1.37.0" },
);
export const TIGHT = resourceFromAttributes({ "service.name": "tight" });
export const TIGHT_LIMITS = {
  attributeCountLimit: 2,
  attributeValueLengthLimit: 5,
  eventCountLimit: 2,
  linkCountLimit: 1,
  attributePerEventCountLimit: 1,
  attributePerLinkCountLimit: 1,
};

const SECOND = Math.floor(Date.now() / 1000);
const inside = (span) => trace.setSpan(ROOT_CONTEXT, span);
const at = (nanoseconds) => [SECOND, 123_456_789 + nanoseconds];

// End the spans of a trace; `limited` has TIGHT_LIMITS. Returns the root.
export function growSpans(provider, limited) {
  const tracer = provider.getTracer("tests.planner", "1.2.3-é", {
    schemaUrl: "https://example.com/schemas/1",
  });
  const bare = provider.getTracer("tests.bare");
  const root = tracer.startSpan(
    "plan 🗺 and\0go",
    { kind: SpanKind.SERVER, attributes: { ...SPAN_VALUES, ...ODD_KEYS }, startTime: at(0) },
    trace.setSpanContext(ROOT_CONTEXT, elsewhere("vendor=a:b;c,tenant@system=0123")),
  );
  addChildren(tracer, root);
  addConversation(bare, root);
  for (const value of Object.values(SPAN_VALUES)) {
    bare
      .startSpan("same keys", { attributes: { always: "text", value, also: value } }, inside(root))
      .end();
  }
  fail(tracer, root);
  exceed(limited.getTracer("tests.limited"), root);
  root.setStatus({ code: SpanStatusCode.OK });
  root.end([SECOND + 1, 123_456_790]);
  return root;
}

// A span with texts that were cut between the halves of a character, as JavaScript does.
export function growCut(provider, root) {
  const [first, second] = ["😀".slice(0, 1), "😀".slice(1)];
  const span = provider.getTracer("tests.cut").startSpan(`cut ${first}`, {}, inside(root));
  span.setAttributes({
    text: `${first} and ${second}`,
    texts: ["😀", second],
    [`key ${second}`]: true,
  });
  span.addEvent(`cut ${second}`, { text: first });
  span.setStatus({ code: SpanStatusCode.ERROR, message: `${second}${first}` });
  span.end();
}

// A record of each kind of body and each severity, in a span.
export function growLogs(provider, span) {
  const logger = provider.getLogger("tests.logs", "2.0", { schemaUrl: "https://example.com/2" });
  const context = inside(span);
  Object.values(LOG_VALUES).forEach((body, number) => {
    logger.emit({ context, timestamp: at(number * 1000), body, attributes: { value: body } });
  });
  for (const severity of Object.values(SeverityNumber).filter(Number.isInteger)) {
    logger.emit({
      context,
      timestamp: at(100_000_000 + severity * 1000),
      observedTimestamp: at(200_000_000 + severity),
      severityNumber: severity,
      severityText: `${SeverityNumber[severity]} 😀\0`,
      eventName: `tests.${SeverityNumber[severity]} 😀\0`,
      attributes: { ...LOG_VALUES, ...ODD_KEYS },
    });
  }
}

// A span of another process.
function elsewhere(state) {
  const ids = new RandomIdGenerator();
  return {
    traceId: ids.generateTraceId(),
    spanId: ids.generateSpanId(),
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
    traceState: state && createTraceState(state),
  };
}

// Kinds, events with times and attributes, links, and a status in words.
function addChildren(tracer, root) {
  const links = [
    { context: elsewhere(), attributes: SPAN_VALUES },
    { context: root.spanContext() },
  ];
  const child = tracer.startSpan(
    "ask",
    { kind: SpanKind.CLIENT, links, startTime: at(7) },
    inside(root),
  );
  child.addEvent("started", at(8));
  child.addEvent("told 😀\0", { ...SPAN_VALUES, none: null }, at(9));
  child.addEvent("", { twin: 1 }, at(9));
  child.addEvent("before it began", {}, [0, 1]);
  child.addLink({ context: elsewhere("k=v"), attributes: { added: "later" } });
  child.setStatus({ code: SpanStatusCode.ERROR, message: "refused: “é\0”" });
  child.end(at(10));
  for (const kind of [SpanKind.INTERNAL, SpanKind.PRODUCER, SpanKind.CONSUMER]) {
    tracer.startSpan(SpanKind[kind], { kind, startTime: at(11) }, inside(child)).end(at(11));
  }
}

// Texts that mean something to AuditTrail are kept under their own keys all the same.
function addConversation(tracer, root) {
  const asked = JSON.stringify([{ role: "user", parts: [{ type: "text", content: "\0 é😀" }] }]);
  for (const attributes of [
    {
      "gen_ai.operation.name": "chat",
      "gen_ai.request.model": "gpt-4o-mini",
      "gen_ai.usage.input_tokens": 57,
      "gen_ai.usage.output_tokens": 17,
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.input.messages": asked,
      "gen_ai.output.messages": 'not JSON: \0 \x1f \\ " é😀',
    },
    { "audittrail.input": "in\0", "audittrail.output": "", "audittrail.cost": 0.25 },
    { "openinference.span.kind": "CHAIN", "input.value": " in\n", "output.value": asked },
  ]) {
    tracer.startSpan("talk", { attributes }, inside(root)).end();
  }
}

function fail(tracer, root) {
  const span = tracer.startSpan("fail", {}, inside(root));
  const error = new TypeError("no such city: “Ünï\0”");
  span.recordException(error);
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
  span.end();
}

// More than the limits allow.
function exceed(tracer, root) {
  const many = { one: "123456789", two: ["1234567", "1"], three: true, four: 0.5 };
  const links = [1, 2, 3].map(() => ({ context: elsewhere(), attributes: many }));
  const span = tracer.startSpan("limited", { attributes: many, links }, inside(root));
  for (const number of [1, 2, 3, 4, 5]) span.addEvent(`event ${number}`, many);
  span.end();
}
