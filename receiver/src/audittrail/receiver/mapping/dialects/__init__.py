"""All dialects, in the order in which their words count.

A new one is a module here, its name in ``DIALECTS`` and a golden case under ``tests/receiver``.
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialects.audittrail import AUDITTRAIL
from audittrail.receiver.mapping.dialects.openinference import OPENINFERENCE
from audittrail.receiver.mapping.dialects.otel import OTEL
from audittrail.receiver.mapping.dialects.otel_genai import OTEL_GENAI

__all__ = ["DIALECTS"]

DIALECTS: Final = (AUDITTRAIL, OPENINFERENCE, OTEL, OTEL_GENAI)
