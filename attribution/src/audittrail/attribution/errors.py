"""What a study cannot do."""

from __future__ import annotations

__all__ = ["AttributionError"]


class AttributionError(ValueError):
    """The players or the observations do not allow an attribution. The text says what is wrong,
    and what would mend it."""
