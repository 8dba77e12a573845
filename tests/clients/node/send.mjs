// Sends spans and log records, one time after the other, for example:
//   node send.mjs '[{"door": "json", "endpoint": "http://...", "key": "...", "variables": {}}]'
// Prints for each what was sent and what the SDK had to say about that. The variables are in the
// environment while the exporters are made.

import { DiagLogLevel, diag } from "@opentelemetry/api";
import {
  BatchLogRecordProcessor,
  InMemoryLogRecordExporter,
  LoggerProvider,
  SimpleLogRecordProcessor,
} from "@opentelemetry/sdk-logs";
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";

import { exportersOf } from "./doors.mjs";
import { teller } from "./told.mjs";
import { PLANNER, TIGHT, TIGHT_LIMITS, growCut, growLogs, growSpans } from "./tree.mjs";

// What the SDK has to say of the sending that goes on. That TIGHT_LIMITS are exceeded is not news.
let said = null;
const hear = (...words) => said?.push(words.map(String).join(" "));
diag.setLogger({ error: hear, warn: hear, info() {}, debug() {}, verbose() {} }, DiagLogLevel.WARN);

async function flush(...providers) {
  for (const flushed of await Promise.allSettled(providers.map((each) => each.forceFlush()))) {
    if (flushed.status === "rejected") hear(flushed.reason);
  }
}

async function send({ door, endpoint, key, variables }) {
  said = null;
  Object.assign(process.env, variables);
  const [spanExporter, logExporter] = exportersOf(door, endpoint, key);
  for (const name of Object.keys(variables)) delete process.env[name];
  const [sentSpans, sentLogs] = [new InMemorySpanExporter(), new InMemoryLogRecordExporter()];

  const spanProcessors = [
    new BatchSpanProcessor(spanExporter),
    new SimpleSpanProcessor(sentSpans),
  ];
  const tracers = new BasicTracerProvider({ resource: PLANNER, spanProcessors });
  const limited = new BasicTracerProvider({
    resource: TIGHT,
    spanProcessors,
    spanLimits: TIGHT_LIMITS,
  });
  const loggers = new LoggerProvider({
    resource: PLANNER,
    processors: [
      new BatchLogRecordProcessor({ exporter: logExporter }),
      new SimpleLogRecordProcessor({ exporter: sentLogs }),
    ],
  });
  const root = growSpans(tracers, limited);
  growLogs(loggers, root);

  said = [];
  await flush(tracers, loggers);
  growCut(tracers, root);
  await flush(tracers);
  const tell = teller(door);
  const told = {
    spans: sentSpans.getFinishedSpans().map(tell.span),
    logs: sentLogs.getFinishedLogRecords().map(tell.log),
  };
  await Promise.allSettled([spanExporter.shutdown(), logExporter.shutdown()]);
  return { ...told, said };
}

const all = [];
for (const sending of JSON.parse(process.argv[2])) all.push(await send(sending));
process.stdout.write(JSON.stringify(all));
