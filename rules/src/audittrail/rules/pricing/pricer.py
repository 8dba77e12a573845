"""Pricing calls: the file first, the catalogue second, the default rate last."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeAlias

import structlog

from audittrail.errors import SettingsError
from audittrail.rules.pricing.catalogue import catalogue_rate
from audittrail.rules.pricing.rate import Rate
from audittrail.rules.pricing.table import PriceTable, load_table

__all__ = ["CostSource", "Pricer"]

log = structlog.get_logger(__name__)

CostSource: TypeAlias = Literal["estimated", "default", "unpriced"]

_CACHED: Final = 4096
_HOUR_NS: Final = 3600 * 10**9


class _Known(NamedTuple):
    rate: Rate | None
    source: CostSource


class Pricer:
    """Prices calls by the file in a rules folder. Thread-safe.

    Raises SettingsError if the file is missing or wrong when it is made; a file that goes wrong
    later leaves the prices as they were, and ``problem`` says why.
    """

    def __init__(self, rules_dir: Path) -> None:
        self.path = rules_dir / "pricing.yaml"
        self.problem: str | None = None
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str | None, str | None, int], _Known] = OrderedDict()
        self._stamp = _stamp(self.path)
        self.table: PriceTable = load_table(self.path)

    def __call__(
        self,
        model: str | None,
        provider: str | None,
        start_ns: int | None,
        tokens_in: int | None,
        tokens_out: int | None,
        tokens_cached: int | None = None,
        tokens_cache_write: int | None = None,
        tokens_reasoning: int | None = None,
    ) -> tuple[float | None, str | None]:
        """(USD, where the price is from); (None, "unpriced") where there is no rate at all, and
        (None, None) without tokens, which cost nothing that anybody knows of."""
        if not tokens_in and not tokens_out:
            return None, None
        # Prices change by the day, or in a few cases by the hour.
        if start_ns is None:
            start_ns = time.time_ns()
        key = (model, provider, start_ns // _HOUR_NS)
        known = self._known.get(key)
        if known is None:
            known = self._look_up(key, start_ns)
        if known.rate is None:
            return None, known.source
        cost = known.rate.cost(
            tokens_in, tokens_out, tokens_cached, tokens_cache_write, tokens_reasoning
        )
        return cost, known.source

    def _look_up(self, key: tuple[str | None, str | None, int], start_ns: int) -> _Known:
        model, provider, _ = key
        table = self.table
        known = self._find(table, model, provider, start_ns)
        with self._lock:
            if table is self.table:
                self._known[key] = known
                if len(self._known) > _CACHED:
                    self._known.popitem(last=False)
        return known

    def _find(
        self, table: PriceTable, model: str | None, provider: str | None, start_ns: int
    ) -> _Known:
        if model:
            entry = table.find(model, provider)
            rate = entry.rate_at(start_ns) if entry else None
            rate = rate or catalogue_rate(model, provider, start_ns)
            if rate is not None:
                return _Known(rate, "estimated")
        if table.default is not None:
            return _Known(table.default.rate(), "default")
        return _Known(None, "unpriced")

    def refresh(self) -> bool:
        """Read the file again if it changed; True if prices may differ now."""
        stamp = _stamp(self.path)
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        try:
            table = load_table(self.path)
        except SettingsError as error:
            self.problem = str(error)
            log.error("pricing file not taken", error=self.problem)
            return False
        with self._lock:
            self.table = table
            self._known.clear()
            self.problem = None
        log.info("pricing file read again", path=str(self.path), models=len(table.models))
        return True


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
