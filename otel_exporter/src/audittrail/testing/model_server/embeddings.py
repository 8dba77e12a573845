"""Embeddings: numbers made from the words of a text, so that texts with the same words are near."""

from __future__ import annotations

import base64
import hashlib
import math
import re
import struct
from collections.abc import Sequence
from typing import Any, Final

from audittrail.testing.model_server.requests import ModelRequest
from audittrail.testing.model_server.tokens import count_text

__all__ = ["embed", "embeddings"]

_DIMENSIONS: Final = 64


def embed(text: str, dimensions: int = _DIMENSIONS) -> list[float]:
    """Each word adds 1 at a place of its own. Of length 1."""
    numbers = [0.0] * dimensions
    for word in re.findall(r"\w+", text.lower()) or [""]:
        digest = hashlib.sha256(word.encode()).digest()
        numbers[int.from_bytes(digest[:4]) % dimensions] += 1.0
    length = math.sqrt(sum(each * each for each in numbers))
    return [each / length for each in numbers]


def embeddings(request: ModelRequest) -> dict[str, Any]:
    dimensions = int(request.body.get("dimensions") or _DIMENSIONS)
    in_base64 = request.body.get("encoding_format") == "base64"
    tokens = sum(count_text(each.text) for each in request.messages)
    vectors = (embed(each.text, dimensions) for each in request.messages)
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": _packed(vector) if in_base64 else vector,
        }
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": request.model, "usage": usage}


def _packed(vector: Sequence[float]) -> str:
    """As the official client asks for it: float32, little-endian."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
