"""Which sources of a prompt made its answer come out as it did.

A source is masked, the model is called again, and the answer is compared with the first one. A
``Study`` says which sources to mask, and what the values of the answers mean:

>>> from audittrail.attribution import Answer, Player, Study, text_values
>>> facts = {"search": "The flight leaves at 10:40.", "mail": "It leaves at 10:40, as booked."}
>>> def model(present):  # any of the two will do; the weather does nothing
...     known = [facts[source] for source in present if source in facts]
...     return Answer("You leave at 10:40." if known else "I do not know.")
>>> study = Study([Player("search"), Player("mail"), Player("weather")])
>>> answers = {}
>>> values = {}
>>> while masks := study.next(values):
...     for mask in masks:
...         present = [p.id for i, p in enumerate(study.players) if mask >> i & 1]
...         answers[mask] = model(present)
...     found = text_values(answers[study.full], list(answers.values()))
...     values = {mask: [value] for mask, value in zip(answers, found)}
>>> result = study.attribute(values)
>>> for share in result.shares:
...     print(f"{share.player}: {share.phi:.2f}, needed {share.necessity:.0f}")
search: 0.50, needed 0
mail: 0.50, needed 0
weather: 0.00, needed 0
>>> [(pair.first, pair.second, pair.kind) for pair in result.pairs]
[('search', 'mail', 'redundant')]

``values`` says what an answer is worth, ``propagate`` carries shares through many steps, and
``text_overlap`` compares words where no model can be called, which says nothing of causes.
"""

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
