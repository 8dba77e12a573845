"""Which sources of a prompt made its answer come out as it did."""

from __future__ import annotations

from audittrail.attribution.errors import AttributionError
from audittrail.attribution.flow import Explained, Flow, Inflow, Link, propagate
from audittrail.attribution.noise import samples_for
from audittrail.attribution.overlap import copies, text_overlap
from audittrail.attribution.players import Mask, Player
from audittrail.attribution.results import Attribution, Intervals, Method, Pair, Share
from audittrail.attribution.study import Study
from audittrail.attribution.values import (
    Answer,
    ToolCall,
    argument_values,
    decision_values,
    sentence_values,
    sentences,
    text_values,
)

__all__ = [
    "Answer",
    "Attribution",
    "AttributionError",
    "Explained",
    "Flow",
    "Inflow",
    "Intervals",
    "Link",
    "Mask",
    "Method",
    "Pair",
    "Player",
    "Share",
    "Study",
    "ToolCall",
    "argument_values",
    "copies",
    "decision_values",
    "propagate",
    "samples_for",
    "sentence_values",
    "sentences",
    "text_overlap",
    "text_values",
]
