"""OTLP: from bytes to decoded spans and log records."""
