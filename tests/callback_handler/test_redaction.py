"""What must not be seen is not sent."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.tools import tool

from audittrail.errors import SettingsError
from audittrail.traceable.redaction import set_redact
from tests.callback_handler.models import Scripted, calls, says
from tests.callback_handler.recorded import Recorded, parsed

SECRET = "s3cret"


@tool
def login(password: str) -> str:
    """Log in."""
    if password == "wrong":
        raise ValueError(f"not {SECRET}")
    return f"welcome {password}"


def run(recorded: Recorded, password: str = SECRET, **how: Any) -> None:
    model = Scripted(answers=[calls("login", {"password": password}), says(f"I used {SECRET}.")])
    agent = create_agent(model, [login], name="a", system_prompt=f"Use {SECRET}.")
    agent.invoke(
        {"messages": [("user", f"My password is {SECRET}")]},
        {"callbacks": [recorded.handler(**how)], "metadata": {"note": SECRET}},
    )


def everything(recorded: Recorded) -> str:
    return str([(span.attributes, span.events, span.status_message) for span in recorded.spans])


def mask(kind: str, value: Any) -> Any:
    return parsed_text(value).replace(SECRET, "[secret]")


def parsed_text(value: Any) -> str:
    from audittrail.content import to_json

    return to_json(value)


def broken(kind: str, value: Any) -> Any:
    raise RuntimeError(f"cannot redact {SECRET[:2]}")


def test_it_is_all_there_otherwise(recorded: Recorded) -> None:
    """The secret is in what the other tests look at."""
    run(recorded)
    assert everything(recorded).count(SECRET) > 10


def test_a_hook_sees_all_content(recorded: Recorded) -> None:
    """Messages, instructions, arguments, results, states and metadata pass through it."""
    run(recorded, redact=mask)
    assert SECRET not in everything(recorded)
    assert everything(recorded).count("[secret]") > 10


def test_a_hook_sees_errors(recorded: Recorded) -> None:
    """An error quotes what it failed on, in its message, its status and its stack."""
    with pytest.raises(ValueError, match=SECRET):
        run(recorded, "wrong", redact=mask)
    assert SECRET not in everything(recorded)
    failed = recorded["execute_tool login"]
    assert failed.status_message == "ValueError: not [secret]"


def test_without_content_the_rest_is_there(recorded: Recorded) -> None:
    """Who was called, how often, and what it used."""
    run(recorded, capture_content=False)
    assert SECRET not in everything(recorded)
    assert len(recorded.spans) == 7
    asked = recorded.spans.named("chat gpt-4o-mini")[0].attributes
    assert asked["gen_ai.usage.input_tokens"] == 12
    assert parsed(asked["audittrail.tool_calls"]) == [
        {"id": "call_1", "name": "login", "arguments": None, "selected_from": ["login"]}
    ]
    assert recorded["execute_tool login"].attributes["gen_ai.tool.call.id"] == "call_1"


def test_a_hook_that_fails_lets_nothing_through(
    recorded: Recorded, caplog: pytest.LogCaptureFixture
) -> None:
    """What it could not look at is left out; the agent goes on, and the log says so once."""
    with caplog.at_level(logging.WARNING, "audittrail"):
        run(recorded, redact=broken)
    assert SECRET not in everything(recorded)
    assert recorded.tree()[0] == "invoke_agent a [agent]"
    assert len({record.getMessage() for record in caplog.records}) == len(caplog.records) <= 2


@pytest.fixture
def masked_everywhere() -> Iterator[None]:
    set_redact(mask)
    yield
    set_redact(None)


@pytest.mark.usefixtures("masked_everywhere")
def test_the_hook_of_the_process_is_honoured(recorded: Recorded) -> None:
    """The one that is set for traced functions holds for LangChain too."""
    run(recorded)
    assert SECRET not in everything(recorded)


def test_what_cannot_be_a_hook_is_refused(recorded: Recorded) -> None:
    """A coroutine function would never be awaited."""

    async def later(kind: str, value: Any) -> Any:
        return value

    with pytest.raises(SettingsError):
        recorded.handler(redact=later)
