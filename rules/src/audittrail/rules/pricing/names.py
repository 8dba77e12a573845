"""The names under which one model is reported."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["is_version", "spellings"]

_MAX_PARTS: Final = 4

# What may follow a model's name and still mean that model: a date, a version, "latest". A single
# digit after a dash is another model: claude-opus-4-5 is no version of claude-opus-4. No text
# matches in two ways, since trying them all would take time exponential in its length.
_VERSION: Final = re.compile(
    r"(?:[-@:](?:\d{4}-\d{2}-\d{2}|\d{3,4}|\d{6}|\d{8}|latest|preview(?:-\d{2}-\d{2,4})?"
    r"|v\d+)|[@:]\d{1,2})+"
)
# "us.anthropic.claude-...": who serves the model, on Amazon Bedrock.
_BEDROCK: Final = re.compile(r"^(?:[a-z]{2,6}\.)?(?:anthropic|amazon|meta|mistral|cohere)\.")
# "openai:gpt-4o": who serves it, as several frameworks write it. Other words before a colon are
# part of the name, such as "ft:" of fine-tuned models, which cost more.
_SERVED_BY: Final = re.compile(
    r"^(?:openai|azure(?:_openai)?|anthropic|google(?:[-_][a-z]+)?|bedrock|mistral(?:ai)?|cohere"
    r"|groq|xai|deepseek):"
)


def spellings(model: str) -> list[str]:
    """A model's name in lower case, as it came and without what gateways put before it, step by
    step: ``openrouter/openai/gpt-4o``, ``openai/gpt-4o``, ``gpt-4o``."""
    parts = model.lower().split("/")[-_MAX_PARTS:]
    names = ["/".join(parts[first:]) for first in range(len(parts))]
    names.append(_BEDROCK.sub("", _SERVED_BY.sub("", names[-1])))
    return [name for name in dict.fromkeys(names) if name]


def is_version(name: str, known: str) -> bool:
    """Whether a name is that of a dated or versioned release of the model ``known``."""
    return name.startswith(known) and _VERSION.fullmatch(name, len(known)) is not None
