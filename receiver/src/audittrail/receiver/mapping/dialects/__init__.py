"""All dialects, in the order in which their words count.

A new one is a module here, its name in ``DIALECTS`` and a golden case under ``tests/receiver``.
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialects.audittrail import AUDITTRAIL
from audittrail.receiver.mapping.dialects.codex import CODEX
from audittrail.receiver.mapping.dialects.laminar import LAMINAR
from audittrail.receiver.mapping.dialects.langfuse import LANGFUSE
from audittrail.receiver.mapping.dialects.langsmith import LANGSMITH
from audittrail.receiver.mapping.dialects.logfire import LOGFIRE
from audittrail.receiver.mapping.dialects.mlflow import MLFLOW
from audittrail.receiver.mapping.dialects.openinference import OPENINFERENCE
from audittrail.receiver.mapping.dialects.otel import OTEL
from audittrail.receiver.mapping.dialects.otel_genai import OTEL_GENAI
from audittrail.receiver.mapping.dialects.pydantic_ai import PYDANTIC_AI
from audittrail.receiver.mapping.dialects.traceloop import TRACELOOP
from audittrail.receiver.mapping.dialects.vercel_ai import VERCEL_AI

__all__ = ["DIALECTS"]

DIALECTS: Final = (
    AUDITTRAIL,
    LANGFUSE,
    MLFLOW,
    OPENINFERENCE,
    LANGSMITH,
    TRACELOOP,
    LAMINAR,
    VERCEL_AI,
    PYDANTIC_AI,
    LOGFIRE,
    CODEX,
    OTEL,
    OTEL_GENAI,
)
