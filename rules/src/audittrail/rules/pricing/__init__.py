"""Pricing: from tokens to USD, and where the number comes from."""

from __future__ import annotations

from audittrail.rules.pricing.pricer import Pricer
from audittrail.rules.pricing.rate import Rate
from audittrail.rules.pricing.table import PriceTable, load_table

__all__ = ["PriceTable", "Pricer", "Rate", "load_table"]
