"""Which senders were refused lately, so that whoever waits for their data learns of it."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

__all__ = ["Refusal", "Refusals"]

_SECONDS: Final = 600.0
_ADDRESSES: Final = 1000


@dataclass(frozen=True, slots=True)
class Refusal:
    """How often an address was refused, and of the last time when, why and over what."""

    count: int
    last_s: float
    reason: str
    protocol: str


class Refusals:
    """Of the last ten minutes, by address, in memory. Nothing of what was sent is kept."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Refusal] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, address: str, reason: str, protocol: str) -> None:
        place = _place(address)
        with self._lock:
            before = self._recent(place)
            count = before.count + 1 if before else 1
            self._known[place] = Refusal(count, time.time(), reason, protocol)
            self._known.move_to_end(place)
            if len(self._known) > _ADDRESSES:
                self._known.popitem(last=False)

    def of(self, address: str) -> Refusal | None:
        with self._lock:
            return self._recent(_place(address))

    def _recent(self, place: str) -> Refusal | None:
        found = self._known.get(place)
        return found if found and found.last_s > time.time() - _SECONDS else None


def _place(address: str) -> str:
    """All of a machine's own addresses are one."""
    try:
        parsed = ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        return address
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    return "loopback" if mapped.is_loopback else str(mapped)
