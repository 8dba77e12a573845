"""The runs of AuditTrail's own examples that the demonstration shows.

They are recorded by ``python -m audittrail.server.demo.record``, never written by hand.
"""

from __future__ import annotations

from importlib import resources
from typing import Final, NamedTuple

from audittrail.server.demo.capture import Capture
from audittrail.server.demo.sample_file import as_capture

__all__ = ["LIVE", "SAMPLES", "TRACES", "UNKNOWN_MODELS", "Sample", "load_sample"]


class Sample(NamedTuple):
    """One run, which ended so many minutes before the demonstration is looked at."""

    name: str
    minutes_ago: float


# Newest first, over a working day.
SAMPLES: Final = (
    Sample("research-team", 4),
    Sample("handbook-day", 9),
    Sample("support-desk", 17),
    Sample("price-desk", 31),
    Sample("coffee-buyer", 52),
    Sample("weather-fails", 78),
    Sample("trip-planner", 106),
    Sample("handbook-night", 147),
    Sample("happy-path", 193),
    Sample("concierge", 245),
    Sample("price-desk-own-model", 322),
    Sample("research-team-limit", 410),
    Sample("weather-guide", 505),
    Sample("handbook-parcel", 611),
    Sample("coffee-buyer-alba", 724),
    Sample("happy-path-in-house", 861),
    Sample("weather-openinference", 1120),
)
# How many traces they are: a conversation has one for each of its turns.
TRACES: Final = 20
# The run that is shown live, again and again.
LIVE: Final = "research-team"
# As on a server whose price file has no default rate, so that this can be seen as well.
UNKNOWN_MODELS: Final = ("in-house-13b",)


def load_sample(name: str) -> Capture:
    file = resources.files("audittrail.server.demo") / "samples" / f"{name}.gz"
    return as_capture(name, file.read_bytes())
