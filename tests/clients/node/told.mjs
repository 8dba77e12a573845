// What spans and log records of the SDK say, in the names of the API. A value that JSON cannot say
// is an object with its type: {"int": "1"}, {"double": "NaN"}, {"bytes": "<base64>"},
// {"list": [...]}, {"map": {...}}.

// The exporter that sends JSON writes numbers as JavaScript does: those that are not finite as
// null, and large ones with as few digits as tell them apart.
export function teller(door) {
  const json = door === "json";

  // UTF-8 has no halves of characters: an encoder puts U+FFFD in their place.
  const text = (said) => Buffer.from(said).toString();

  function number(said) {
    // Whole numbers past int64 are stored as what holds them.
    if (Number.isInteger(said) && said >= -(2 ** 63) && said < 2 ** 63)
      return { int: json && said > -(2 ** 63) ? JSON.stringify(said) : BigInt(said).toString() };
    return json && !Number.isFinite(said) ? null : { double: String(said) };
  }

  function value(said) {
    if (said === null || said === undefined) return null;
    if (typeof said === "string") return text(said);
    if (typeof said === "number") return number(said);
    if (typeof said === "boolean") return said;
    if (said instanceof Uint8Array) return { bytes: Buffer.from(said).toString("base64") };
    if (Array.isArray(said)) return { list: said.map(value) };
    return { map: attributes(said) };
  }

  const attributes = (said = {}) =>
    Object.fromEntries(Object.entries(said).map(([key, each]) => [text(key), value(each)]));

  const resource = (said) => ({
    attributes: attributes(said.attributes),
    schema_url: said.schemaUrl,
  });

  const scope = (said) => ({
    name: said.name,
    version: said.version ?? "",
    schema_url: said.schemaUrl,
  });

  const event = (said) => ({
    name: text(said.name),
    time_unix_nano: nanoseconds(said.time),
    attributes: attributes(said.attributes),
    dropped_attributes_count: said.droppedAttributesCount,
  });

  const link = (said) => ({
    trace_id: said.context.traceId,
    span_id: said.context.spanId,
    trace_state: said.context.traceState?.serialize(),
    flags: flags(said.context, said.context.isRemote),
    attributes: attributes(said.attributes),
    dropped_attributes_count: said.droppedAttributesCount,
  });

  const span = (said) => {
    const { traceId, spanId, traceFlags, traceState } = said.spanContext();
    const parent = said.parentSpanContext;
    return {
      trace_id: traceId,
      span_id: spanId,
      parent_span_id: parent?.spanId ?? null,
      remote_parent: parent?.isRemote ?? false,
      name: text(said.name),
      kind: said.kind + 1, // OTLP has "unspecified" before the kinds of the SDK
      status_code: said.status.code,
      status_message: value(said.status.message),
      start_time_unix_nano: nanoseconds(said.startTime),
      end_time_unix_nano: nanoseconds(said.endTime),
      trace_flags: flags({ traceFlags }, parent?.isRemote),
      attributes: attributes(said.attributes),
      events: said.events.map(event),
      links: said.links.map(link),
      resource: resource(said.resource),
      scope: scope(said.instrumentationScope),
      extra: {
        trace_state: traceState?.serialize(),
        dropped_attributes_count: said.droppedAttributesCount,
        dropped_events_count: said.droppedEventsCount,
        dropped_links_count: said.droppedLinksCount,
      },
    };
  };

  const log = (said) => ({
    time_unix_nano: nanoseconds(said.hrTime),
    observed_time_unix_nano: nanoseconds(said.hrTimeObserved),
    span_id: said.spanContext.spanId,
    event_name: said.eventName ?? null,
    severity: said.severityNumber ?? 0,
    severity_text: said.severityText ?? null,
    body: value(said.body),
    attributes: attributes(said.attributes),
    trace_flags: said.spanContext.traceFlags,
    resource: resource(said.resource),
    scope: scope(said.instrumentationScope),
  });

  return { span, log };
}

const nanoseconds = ([seconds, rest]) => String(BigInt(seconds) * 1_000_000_000n + BigInt(rest));

// In OTLP: those of W3C trace context, that it is known where a context is from, and whether it is
// from another process.
const flags = ({ traceFlags }, remote) => traceFlags | 0x100 | (remote ? 0x200 : 0);
