"""What judges said of a span: evaluations and annotations, in one shape.

They come as events (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-events/) of the span
or as log records, and as OpenInference's numbered attributes
(https://github.com/Arize-ai/openinference/blob/main/spec/feedback/annotations.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from audittrail.receiver.mapping.indexed import nest
from audittrail.receiver.mapping.messages import parsed

__all__ = ["evaluations_of"]

_EVENT: Final = "gen_ai.evaluation.result"
_NAME: Final = "gen_ai.evaluation.name"
_ABOUT: Final = {"": "span", "trace.": "trace", "session.": "session"}
_FORMS: Final = {"annotations": "annotation", "evaluations": "evaluation"}


def evaluations_of(
    attributes: Mapping[str, Any], events: Iterable[tuple[str, Mapping[str, Any]]]
) -> list[dict[str, Any]]:
    """``{"name", "about", "score", "label", "explanation", "judge", "identifier", "metadata",
    "error"}`` each, None where nothing was said. ``about`` is ``span``, ``trace`` or ``session``;
    ``judge`` is ``HUMAN``, ``LLM``, ``CODE`` or another word; the score's scale is the judge's.
    ``events`` are (name, attributes) of the span's events and of its log records, in their order.
    """
    found = [_told(said) for name, said in events if name == _EVENT]
    if _NAME in attributes:
        found.append(_told(attributes))
    for prefix, about in _ABOUT.items():
        for many, one in _FORMS.items():
            items = [item.get(one) for item in nest(dict(attributes), prefix + many)]
            found += [_numbered(item, about) for item in items if isinstance(item, dict)]
    return [each for each in found if each is not None]


def _told(said: Mapping[str, Any]) -> dict[str, Any] | None:
    if not said.get(_NAME):
        return None
    return {
        "name": str(said[_NAME]),
        "about": "span",
        "score": _score(said.get("gen_ai.evaluation.score.value")),
        "label": _text(said.get("gen_ai.evaluation.score.label")),
        "explanation": _text(said.get("gen_ai.evaluation.explanation")),
        "judge": None,
        "identifier": None,
        "metadata": None,
        "error": _text(said.get("error.type")),
    }


def _numbered(said: Mapping[str, Any], about: str) -> dict[str, Any] | None:
    if not said.get("name"):
        return None
    return {
        "name": str(said["name"]),
        "about": about,
        "score": _score(said.get("score")),
        "label": _text(said.get("label")),
        "explanation": _text(said.get("explanation")),
        "judge": _text(said.get("annotator_kind")),
        "identifier": _text(said.get("identifier")),
        "metadata": parsed(said.get("metadata")),
        "error": None,
    }


def _score(value: Any) -> float | None:
    if isinstance(value, bool):
        return float(value)
    return value if isinstance(value, int | float) else None


def _text(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)
