"""What of an answer is compared between the full prompt and a reduced one."""

from __future__ import annotations

from typing import Literal, TypeAlias

__all__ = ["Measure"]

Measure: TypeAlias = Literal["auto", "text", "sentence", "decision", "arguments", "likelihood"]
