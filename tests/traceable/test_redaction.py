"""Hooks decide what may be seen. Where one fails, nothing may."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import trace

from audittrail.content import LIMIT
from audittrail.errors import SettingsError
from audittrail.testing import Spans
from audittrail.traceable import init_tracer, set_output, set_redact, setup, traceable

SECRET = "4111 1111 1111 1111"


def masked(kind: str, value: Any) -> Any:
    """A hook as people write it."""
    if isinstance(value, str):
        return value.replace(SECRET, f"[{kind}]")
    if isinstance(value, dict):
        return {key: masked(kind, each) for key, each in value.items()}
    if isinstance(value, list):
        return [masked(kind, each) for each in value]
    return value


def failing(kind: str, value: Any) -> Any:
    raise RuntimeError(f"{kind}: {value}")


@pytest.fixture(autouse=True)
def _no_hook_stays() -> Iterator[None]:
    yield
    set_redact(None)


def everything(spans: Spans) -> str:
    return repr([(span.attributes, span.events, span.status_message) for span in spans])


def pay_and_fail(hook: Any) -> None:
    @traceable(redact=hook)
    def pay(card: str) -> None:
        raise ValueError(f"{card} was refused")

    with pytest.raises(ValueError, match=SECRET):
        pay(SECRET)


def test_inputs_outputs_and_errors(spans: Spans) -> None:
    """The hook sees each kind, nested values too; the function's own are not touched."""

    @traceable(redact=masked)
    def order(cards: list[str], note: str) -> dict[str, Any]:
        return {"card": cards[0], "notes": [note]}

    cards = [SECRET]
    assert order(cards, "n") == {"card": SECRET, "notes": ["n"]}
    assert cards == [SECRET]
    assert spans["order"].input == {"cards": ["[input]"], "note": "n"}
    assert spans["order"].output == {"card": "[output]", "notes": ["n"]}
    pay_and_fail(masked)
    assert spans["pay"].status_message == "ValueError: [error] was refused"
    (event,) = spans["pay"].events
    assert event["attributes"]["exception.message"] == "[error] was refused"
    assert "ValueError: [error] was refused" in event["attributes"]["exception.stacktrace"]
    assert SECRET not in everything(spans)


def test_generators_and_set_output(spans: Spans) -> None:
    """What was yielded or set goes through the hook as well."""

    @traceable(redact=masked)
    def stream() -> Iterator[str]:
        yield SECRET[:9]
        yield SECRET[9:]

    @traceable(redact=masked)
    def work() -> None:
        set_output([SECRET])

    assert "".join(stream()) == SECRET
    work()
    assert (spans["stream"].output, spans["work"].output) == ("[output]", ["[output]"])


def test_a_hook_for_all(spans: Spans) -> None:
    """It goes after the function's own."""
    set_redact(masked)

    @traceable(redact=lambda kind, value: [value, SECRET])
    def work(x: int) -> str:
        return SECRET

    work(1)
    assert spans["work"].input == [{"x": 1}, "[input]"]
    assert spans["work"].output == ["[output]", "[output]"]


def test_starting_again_keeps_the_hook(spans: Spans, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was once not to be seen does not become visible by a call that says nothing of it."""
    monkeypatch.setattr(setup, "configure", lambda **_: trace.get_tracer_provider())
    set_redact(masked)
    init_tracer()
    traceable(str.upper)(SECRET)
    assert SECRET not in everything(spans)
    init_tracer(redact=lambda kind, value: "hidden")
    traceable(str.lower)(SECRET)
    assert (spans["lower"].input, spans["lower"].output) == ("hidden", "hidden")


def test_long_values_are_seen_whole(spans: Spans) -> None:
    """A hook looks at them before they are cut: a secret across the cut would escape it."""

    @traceable(redact=masked)
    def work(text: str) -> list[str]:
        return [text]

    half = LIMIT // 2
    for place in range(half - 200, half - 40, 6):
        work("x" * place + SECRET + "x" * LIMIT)
    assert "4111" not in everything(spans)


def test_a_hook_that_fails(spans: Spans, caplog: pytest.LogCaptureFixture) -> None:
    """The content is left out and the failure logged; the function is not affected."""

    @traceable(redact=failing)
    def work(x: int) -> int:
        return x + 1

    assert work(1) == 2
    assert (spans["work"].input, spans["work"].output) == (None, None)
    pay_and_fail(failing)
    span = spans["pay"]
    assert (span.status, span.status_message) == ("error", "ValueError")
    assert span.events[0]["attributes"] == {"exception.type": "ValueError"}
    assert SECRET not in everything(spans)
    messages = [record.getMessage() for record in caplog.records]
    assert any("the redact hook failed, so the input was left out" in each for each in messages)
    assert {record.levelno for record in caplog.records} == {logging.WARNING}
    assert {record.name for record in caplog.records} == {"audittrail.traceable"}


def test_a_hook_that_changes_what_it_gets(spans: Spans) -> None:
    """It gets a copy: the caller's objects stay as they are."""

    def emptying(kind: str, value: Any) -> Any:
        value.clear()
        return value

    @traceable(redact=emptying)
    def work(items: list[int]) -> list[int]:
        return items

    items = [1, 2]
    assert work(items) is items
    assert items == [1, 2]
    assert (spans["work"].input, spans["work"].output) == ({}, [])


@pytest.mark.parametrize("hook", ["mask", 7])
def test_what_is_no_hook(hook: Any) -> None:
    """The mistake is seen where it is made."""
    with pytest.raises(SettingsError, match="redact must be a plain function"):
        traceable(redact=hook)(len)
    with pytest.raises(SettingsError, match="redact must be a plain function"):
        init_tracer(redact=hook)


def test_a_hook_that_would_have_to_be_awaited() -> None:
    """Nothing can wait for it, so it is refused."""

    async def hook(kind: str, value: Any) -> Any:
        return value

    with pytest.raises(SettingsError, match="nothing can be awaited"):
        traceable(redact=hook)(len)
