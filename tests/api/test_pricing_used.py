"""How the models that somebody calls are priced."""

from __future__ import annotations

from typing import Any

from tests.api.rest import rest_span, store
from tests.support.otlp import new_span_id, new_trace_id
from tests.support.people import Person

PATH = "/api/v1/settings/pricing/used"


def _call(model: str, span_id: str | None = None, **known: Any) -> dict[str, Any]:
    return rest_span(new_trace_id(), span_id, span_type="llm", model=model, **known)


def test_each_source(person: Person) -> None:
    """By model and source of the cost, the most called first; a sum of nothing is null."""
    tokens = {"tokens_in": 1000, "tokens_out": 100}
    store(
        person,
        _call("gpt-4o", **tokens),
        _call("gpt-4o", **tokens),
        _call("gpt-4o", cost=0.5),
        _call("made-up-model", **tokens),
        _call("silent-model"),
        rest_span(new_trace_id(), name="no call"),
    )
    assert person.get(PATH) == [
        {"model": "gpt-4o", "cost_source": "estimated", "calls": 2, "cost": 0.007},
        {"model": "gpt-4o", "cost_source": "agent", "calls": 1, "cost": 0.5},
        {"model": "made-up-model", "cost_source": "default", "calls": 1, "cost": 0.0013},
        {"model": "silent-model", "cost_source": "unpriced", "calls": 1, "cost": None},
    ]


def test_a_call_counts_once(person: Person) -> None:
    """By its last version, however often it was sent."""
    trace_id, span_id = new_trace_id(), new_span_id()
    for cost in (0.1, 0.2):
        known = {"span_type": "llm", "model": "gpt-4o", "cost": cost}
        store(person, rest_span(trace_id, span_id, **known))
    [row] = person.get(PATH)
    assert (row["calls"], row["cost"]) == (1, 0.2)


def test_ones_own_alone(person: Person, other: Person) -> None:
    """What others call is not listed."""
    store(other, _call("their-model", cost=1.0))
    assert person.get(PATH) == []
