"""All dialects, in the order in which their words count.

A new one is a module here, its name in ``DIALECTS`` and a golden case under ``tests/mapping``.
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialects.agent_framework import AGENT_FRAMEWORK
from audittrail.receiver.mapping.dialects.audittrail import AUDITTRAIL
from audittrail.receiver.mapping.dialects.autogen import AUTOGEN
from audittrail.receiver.mapping.dialects.bare import BARE
from audittrail.receiver.mapping.dialects.claude_code import CLAUDE_CODE
from audittrail.receiver.mapping.dialects.codex import CODEX
from audittrail.receiver.mapping.dialects.crewai import CREWAI
from audittrail.receiver.mapping.dialects.dspy import DSPY
from audittrail.receiver.mapping.dialects.gemini_cli import GEMINI_CLI
from audittrail.receiver.mapping.dialects.google_adk import GOOGLE_ADK
from audittrail.receiver.mapping.dialects.haystack import HAYSTACK
from audittrail.receiver.mapping.dialects.laminar import LAMINAR
from audittrail.receiver.mapping.dialects.langfuse import LANGFUSE
from audittrail.receiver.mapping.dialects.langsmith import LANGSMITH
from audittrail.receiver.mapping.dialects.litellm import LITELLM
from audittrail.receiver.mapping.dialects.llamaindex import LLAMAINDEX
from audittrail.receiver.mapping.dialects.logfire import LOGFIRE
from audittrail.receiver.mapping.dialects.mcp import MCP
from audittrail.receiver.mapping.dialects.mlflow import MLFLOW
from audittrail.receiver.mapping.dialects.openai_agents import OPENAI_AGENTS
from audittrail.receiver.mapping.dialects.openinference import OPENINFERENCE
from audittrail.receiver.mapping.dialects.openlit import OPENLIT
from audittrail.receiver.mapping.dialects.otel import OTEL
from audittrail.receiver.mapping.dialects.otel_genai import OTEL_GENAI
from audittrail.receiver.mapping.dialects.pydantic_ai import PYDANTIC_AI
from audittrail.receiver.mapping.dialects.semantic_kernel import SEMANTIC_KERNEL
from audittrail.receiver.mapping.dialects.smolagents import SMOLAGENTS
from audittrail.receiver.mapping.dialects.strands import STRANDS
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
    OPENLIT,
    LITELLM,
    GOOGLE_ADK,
    STRANDS,
    SEMANTIC_KERNEL,
    AGENT_FRAMEWORK,
    AUTOGEN,
    CREWAI,
    SMOLAGENTS,
    DSPY,
    HAYSTACK,
    LLAMAINDEX,
    OPENAI_AGENTS,
    CODEX,
    GEMINI_CLI,
    CLAUDE_CODE,
    MCP,
    OTEL,
    OTEL_GENAI,
    BARE,
)
