"""DSPy: adapters stand between a module and its model, and say the same as both.

https://dspy.ai/tutorials/observability/
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import Dialect, Internal

__all__ = ["DSPY"]

DSPY: Final = Dialect(
    name="dspy",
    title="DSPy",
    spoken_by="instrumentations of DSPy",
    marks=("dspy.",),
    scopes=("openinference.instrumentation.dspy",),
    internal=(Internal(names=("ChatAdapter.", "JSONAdapter.", "XMLAdapter.", "TwoStepAdapter.")),),
)
