"""What became of the spans that were handed over."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Statistics"]


@dataclass(frozen=True, slots=True)
class Statistics:
    """A snapshot, in spans where nothing else is said.

    ``rejected`` were left out by the server for what is in them; ``refused`` went with requests
    that it would not take, for a wrong key for instance; ``dropped`` were given up here, for want
    of room or because they could not be encoded or read back.
    """

    delivered: int = 0
    rejected: int = 0
    refused: int = 0
    dropped: int = 0
    waiting: int = 0
    """Not acknowledged yet, in memory and on disk."""
    waiting_requests: int = 0
    spooled: int = 0
    """How many of the waiting are on disk."""
