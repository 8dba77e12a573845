"""The official OpenTelemetry exporters as clients of a real server."""
