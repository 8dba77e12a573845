// Sends spans and log records, for example:
//   node send.mjs '{"door": "json", "endpoint": "http://...", "key": "..."}'
// Prints what was sent and what the SDK had to say about that.

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

const { door, endpoint, key } = JSON.parse(process.argv[2]);
const [spanExporter, logExporter] = exportersOf(door, endpoint, key);
const [sentSpans, sentLogs] = [new InMemorySpanExporter(), new InMemoryLogRecordExporter()];

const spanProcessors = [new BatchSpanProcessor(spanExporter), new SimpleSpanProcessor(sentSpans)];
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

// From here on: that TIGHT_LIMITS are exceeded is not news.
const said = [];
const hear = (...words) => said.push(words.map(String).join(" "));
diag.setLogger({ error: hear, warn: hear, info() {}, debug() {}, verbose() {} }, DiagLogLevel.WARN);

async function flush(...providers) {
  for (const flushed of await Promise.allSettled(providers.map((each) => each.forceFlush()))) {
    if (flushed.status === "rejected") hear(flushed.reason);
  }
}

await flush(tracers, loggers);
growCut(tracers, root);
await flush(tracers);
const tell = teller(door);
const told = {
  spans: sentSpans.getFinishedSpans().map(tell.span),
  logs: sentLogs.getFinishedLogRecords().map(tell.log),
};
await Promise.allSettled([spanExporter.shutdown(), logExporter.shutdown()]);
process.stdout.write(JSON.stringify({ ...told, said }));
