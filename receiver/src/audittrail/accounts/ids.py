"""Ids of users and keys."""

from __future__ import annotations

import secrets
import string
from typing import Final

__all__ = ["new_id"]

_LETTERS: Final = string.ascii_lowercase + string.digits


def new_id(kind: str) -> str:
    """A random id that begins with the letter ``kind``."""
    # 12 characters: DuckDB keeps texts up to that length inline.
    return kind + "".join(secrets.choice(_LETTERS) for _ in range(11))
