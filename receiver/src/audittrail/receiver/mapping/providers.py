"""Who serves a model, told apart from the framework that calls it."""

from __future__ import annotations

from typing import Final

__all__ = ["framework_of_scope", "split_provider"]

# Names that instrumentations put where the provider belongs.
_FRAMEWORKS: Final = frozenset(
    {
        "autogen",
        "crewai",
        "dspy",
        "gcp.vertex.agent",
        "haystack",
        "langchain",
        "langgraph",
        "litellm",
        "llamaindex",
        "llama_index",
        "microsoft.agent_framework",
        "openai_agents",
        "openai-agents",
        "pydantic_ai",
        "semantic_kernel",
        "smolagents",
        "strands-agents",
    }
)
_BY_MODEL: Final = (
    (("gpt-", "chatgpt-", "o1", "o3", "o4", "text-embedding-3", "text-embedding-ada"), "openai"),
    (("claude",), "anthropic"),
    (("gemini", "gemma"), "google"),
    (("mistral", "mixtral", "codestral", "magistral", "ministral"), "mistral"),
    (("command-", "embed-english", "embed-multilingual"), "cohere"),
    (("grok",), "xai"),
    (("deepseek",), "deepseek"),
)
_SCOPE_STEMS: Final = (
    "openinference.instrumentation.",
    "opentelemetry.instrumentation.genai.",
    "opentelemetry.instrumentation.",
)


def split_provider(provider: str | None, model: str | None) -> tuple[str | None, str | None]:
    """(provider, framework) from what was sent as provider; a missing provider is told by the
    model's name where that is unmistakable."""
    framework = None
    if provider is not None and provider.lower() in _FRAMEWORKS:
        framework, provider = provider.lower(), None
    if provider is None and model is not None:
        name = model.lower().rpartition("/")[2]
        for stems, served_by in _BY_MODEL:
            if name.startswith(stems):
                return served_by, framework
    return provider, framework


def framework_of_scope(scope: str) -> str | None:
    """The framework that an instrumentation scope is named after."""
    for stem in _SCOPE_STEMS:
        if scope.startswith(stem):
            name = scope.removeprefix(stem)
            return name if name in _FRAMEWORKS else None
    return None
