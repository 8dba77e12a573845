"""smolagents: what OpenInference's instrumentation says beside its own words.

https://huggingface.co/docs/smolagents/tutorials/inspect_runs
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import Dialect

__all__ = ["SMOLAGENTS"]

SMOLAGENTS: Final = Dialect(
    name="smolagents",
    title="smolagents",
    spoken_by="instrumentations of smolagents",
    marks=("smolagents.",),
    scopes=("openinference.instrumentation.smolagents",),
    input=("smolagents.task",),
)
