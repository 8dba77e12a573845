"""Images, sound and files in messages, as references: never their bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["media_part"]

_MODALITIES: Final = ("image", "audio", "video")
# Kinds of blocks of the providers and of LangChain, and what they hold.
_KINDS: Final = {
    "image": "image",
    "image_url": "image",
    "input_image": "image",
    "audio": "audio",
    "input_audio": "audio",
    "video": "video",
    "file": "file",
    "input_file": "file",
    "document": "file",
    "text-plain": "file",
    "media": "file",
}


def media_part(block: Mapping[str, Any]) -> dict[str, Any] | None:
    """The part for a block that holds media; None if it is something else."""
    kind = _KINDS.get(str(block.get("type")))
    if kind is None:
        return None
    holder = _inner(block)
    mime = _first(holder, "mime_type", "media_type", "format") or _first(block, "mime_type")
    url = _first(holder, "url", "file_uri", "uri", "image_url", "file_url")
    if isinstance(url, str) and url.startswith("data:"):
        head, _, data = url[5:].partition(",")
        return _blob(kind, head.partition(";")[0] or mime, data)
    if isinstance(url, str):
        return _part("uri", kind, mime, uri=url)
    file_id = _first(holder, "file_id", "id")
    data = _first(holder, "base64", "data", "file_data", "bytes", "text")
    if data is None and isinstance(file_id, str):
        return _part("file", kind, mime, file_id=file_id)
    return _blob(kind, mime, data)


def _inner(block: Mapping[str, Any]) -> Mapping[str, Any]:
    """Where a block keeps its url or data: in itself, or one level below."""
    for key in ("image_url", "input_audio", "file", "source", "image", "document"):
        inner = block.get(key)
        if isinstance(inner, Mapping):
            nested = inner.get("source")
            return nested if isinstance(nested, Mapping) else inner
    return block


def _blob(kind: str, mime: Any, data: Any) -> dict[str, Any]:
    """Without its content, which is large and does not read; its size says enough."""
    if isinstance(data, str) and data.startswith("data:"):
        mime = data[5:].partition(";")[0] or mime
        data = data.partition(",")[2]
    size = len(data) * 3 // 4 if isinstance(data, str) else _length(data)
    return _part("blob", kind, mime, size=size)


def _part(form: str, kind: str, mime: Any, **more: Any) -> dict[str, Any]:
    if isinstance(mime, str) and kind == "file":
        stem = mime.partition("/")[0]
        kind = stem if stem in _MODALITIES else kind
    part = {"type": form, "modality": kind, **more}
    if isinstance(mime, str):
        part["mime_type"] = mime
    return part


def _length(data: Any) -> int:
    return len(data) if isinstance(data, bytes | bytearray) else 0


def _first(holder: Mapping[str, Any], *keys: str) -> Any:
    return next((holder[key] for key in keys if holder.get(key) is not None), None)
