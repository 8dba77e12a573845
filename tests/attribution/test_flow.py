"""Shares through many steps."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audittrail.attribution import AttributionError, Explained, Inflow, propagate
from audittrail.attribution.flow import prior_of

_PHI = st.floats(-1, 1)


@st.composite
def _steps(draw: st.DrawFn) -> dict[str, Explained]:
    count = draw(st.integers(1, 7))
    steps = {}
    for target in range(count):
        earlier = [f"step{i}" for i in range(target)] + ["user", "document"]
        chosen = draw(st.lists(st.sampled_from(earlier), unique=True, max_size=5))
        inflows = [Inflow(source, draw(_PHI)) for source in chosen]
        steps[f"step{target}"] = Explained(draw(st.floats(0, 1)), inflows)
    return steps


@given(_steps(), st.booleans())
def test_every_node_passes_on_what_it_gets(steps: dict[str, Explained], linked: bool) -> None:
    """Inflow equals outflow at every node, the terminals sum to 1, and suppressors are apart."""
    final = f"step{len(steps) - 1}"
    flow = propagate(final, steps, {"document": "tool", "tool": "root"} if linked else None)
    assert math.fsum(flow.terminals.values()) == pytest.approx(1, abs=1e-9)
    for node, total in flow.totals.items():
        into = math.fsum(link.value for link in flow.links if link.target == node)
        out = math.fsum(link.value for link in flow.links if link.source == node)
        assert total == pytest.approx(1 if node == final else out, abs=1e-9)
        assert total == pytest.approx(flow.terminals.get(node, into), abs=1e-9)
    assert all(link.value > 0 for link in flow.links)
    assert all(link.value < 0 for link in flow.suppressors)


def test_a_result_comes_from_its_call() -> None:
    """What a tool result did to the answer flows through the call to the step that asked for it,
    and on to what made that step ask."""
    flow = propagate(
        "answer",
        {
            "answer": Explained(0.2, [Inflow("result", 0.8), Inflow("noise", -0.3)]),
            "plan": Explained(0.5, [Inflow("user", 0.5)]),
        },
        {"result": "call", "call": "plan"},
    )
    assert flow.terminals == pytest.approx(
        {prior_of("answer"): 0.2, prior_of("plan"): 0.4, "user": 0.4}
    )
    assert {(link.source, link.target, link.kind) for link in flow.links} == {
        ("result", "answer", "cause"),
        ("call", "result", "structural"),
        ("plan", "call", "structural"),
        ("user", "plan", "cause"),
        (prior_of("plan"), "plan", "prior"),
        (prior_of("answer"), "answer", "prior"),
    }
    [suppressor] = flow.suppressors
    assert (suppressor.source, suppressor.value) == ("noise", pytest.approx(-0.3))


def test_a_circle_is_refused() -> None:
    """A step that would be a source of itself is an error that names the circle."""
    steps = {"a": Explained(0, [Inflow("b", 1)]), "b": Explained(0, [Inflow("c", 1)])}
    with pytest.raises(AttributionError, match="b <- c <- b"):
        propagate("a", steps, {"c": "b"})


def test_long_chains() -> None:
    """A thousand steps are no deeper than one."""
    steps = {str(i): Explained(0.0, [Inflow(str(i - 1), 1.0)]) for i in range(1, 3000)}
    assert propagate("2999", steps).terminals == {"0": 1.0}
