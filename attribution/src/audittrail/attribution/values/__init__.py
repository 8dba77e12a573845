"""What a re-run is worth: how far its answer is still the one to be explained, in [0, 1].

All functions take the responses of all masks of a run at once, because how rare a word is is
counted over them.
"""

from __future__ import annotations

from audittrail.attribution.values.answer import Answer, ToolCall
from audittrail.attribution.values.decision import argument_values, decision_values
from audittrail.attribution.values.sentences import sentences
from audittrail.attribution.values.text import sentence_values, text_values

__all__ = [
    "Answer",
    "ToolCall",
    "argument_values",
    "decision_values",
    "sentence_values",
    "sentences",
    "text_values",
]
