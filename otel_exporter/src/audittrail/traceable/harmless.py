"""What goes wrong here is logged, and does not reach the agent."""

from __future__ import annotations

import logging
from typing import Final

from audittrail.otel_exporter.notices import Reports

__all__ = ["report"]

report: Final = Reports(
    logging.getLogger("audittrail.traceable"), "The traced code is not affected."
)
