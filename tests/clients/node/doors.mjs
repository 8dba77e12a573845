// The official exporters, by the protocol they speak.

import { Metadata } from "@grpc/grpc-js";
import { OTLPLogExporter as GrpcLogExporter } from "@opentelemetry/exporter-logs-otlp-grpc";
import { OTLPLogExporter as JsonLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtoLogExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPTraceExporter as GrpcTraceExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter as JsonTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtoTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";

const EXPORTERS = {
  json: [JsonTraceExporter, JsonLogExporter],
  proto: [ProtoTraceExporter, ProtoLogExporter],
  grpc: [GrpcTraceExporter, GrpcLogExporter],
};

// A span exporter and a log record exporter. Without an endpoint they read OTEL_* variables.
export function exportersOf(door, endpoint, key) {
  const [Traces, Logs] = EXPORTERS[door];
  if (endpoint === null) return [new Traces(), new Logs()];
  const headers = { authorization: `Bearer ${key}` };
  if (door === "grpc") {
    const options = { url: endpoint, metadata: Metadata.fromHttp2Headers(headers) };
    return [new Traces(options), new Logs(options)];
  }
  return [
    new Traces({ url: `${endpoint}/v1/traces`, headers }),
    new Logs({ url: `${endpoint}/v1/logs`, headers }),
  ];
}
