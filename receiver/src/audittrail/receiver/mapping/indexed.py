"""Content that is spread over indexed keys, such as ``llm.input_messages.0.message.role``."""

from __future__ import annotations

from typing import Any, Final

from audittrail.receiver.mapping.dialect import IndexedDocuments, IndexedMessages
from audittrail.receiver.otlp.values import Attributes

__all__ = ["compose", "nest"]

# More than any conversation has; a hostile index is not followed.
_MAX_INDEX: Final = 10_000
_MAX_DEPTH: Final = 32


def nest(attributes: Attributes, prefix: str) -> list[dict[str, Any]]:
    """The items below ``prefix``, by number, each as nested dictionaries. Where a key is both a
    value and a prefix of others, the value is dropped here, and so is a key of too many parts; they
    stay among the attributes."""
    items: dict[int, dict[str, Any]] = {}
    start = prefix + "."
    for key, value in attributes.items():
        if not key.startswith(start):
            continue
        number, _, rest = key[len(start) :].partition(".")
        if not rest or not number.isdecimal() or int(number[:6]) > _MAX_INDEX:
            continue
        holder = items.setdefault(int(number[:6]), {})
        *path, last = rest.split(".")
        if len(path) > _MAX_DEPTH:
            continue
        for step in path:
            inner = holder.get(step)
            if not isinstance(inner, dict):
                inner = holder[step] = {}
            holder = inner
        if not isinstance(holder.get(last), dict):
            holder[last] = value
    return [_listed(items[number]) for number in sorted(items)]


def _listed(value: Any) -> Any:
    """Dictionaries whose keys are all indexes become lists."""
    if not isinstance(value, dict):
        return value
    inner = {key: _listed(item) for key, item in value.items()}
    if inner and all(key.isdecimal() and len(key) < 7 for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner


def compose(content: IndexedMessages | IndexedDocuments, attributes: Attributes) -> list[Any]:
    """The messages or documents, in order; empty ones left out."""
    found = []
    step = content.inner.rstrip(".")
    for item in nest(attributes, content.prefix):
        inner = item.get(step) if step else item
        if isinstance(inner, dict) and inner.keys() - {"role"}:
            found.append(inner)
    return found
