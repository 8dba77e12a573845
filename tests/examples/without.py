"""Runs the agent with seven tools offline and untraced, once as it is and once for each result of
a tool without that result; prints what it answered each time.

    python without.py FOLDER_OF_THE_AGENT
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace

from audittrail.testing.model_server import (
    Answer,
    Message,
    ModelRequest,
    ModelServer,
    offline_openai,
)

sys.path.insert(0, sys.argv[1])

import agent
import offline
import session


class Missing:
    """The script, which does not see the result of one call; or sees it with a ``change``."""

    def __init__(self, call: str, change: tuple[str, str] | None = None) -> None:
        self.call = call
        self.change = change

    def __call__(self, request: ModelRequest) -> Answer:
        calls = {call.id: call for each in request.messages for call in each.tool_calls}

        def seen(message: Message) -> Message:
            call = calls.get(message.tool_call_id)
            if call is None or f"{call.name} {call.text}" != self.call:
                return message
            return replace(message, text=message.text.replace(*self.change) if self.change else "")

        changed = replace(request, messages=tuple(map(seen, request.messages)))
        return session.hurried(offline.script)(changed)


def answer(script: Missing) -> tuple[str, ModelServer]:
    with offline_openai(script) as server:
        return agent.ask(agent.QUESTION, {"recursion_limit": 60}), server


def main() -> None:
    session.pauses = False
    planted = 'read_file {"name": "monte-claro-terms.md"}'
    whole, server = answer(Missing(""))
    results = {
        f"{call.name} {call.text}"
        for request in server.requests
        for message in request.messages
        for call in message.tool_calls
    }
    without = {call: answer(Missing(call))[0] for call in sorted(results)}
    other = answer(Missing(planted, ("2,500", "800")))[0]
    print(json.dumps({"whole": whole, "without": without, "other figure": other}))


if __name__ == "__main__":
    main()
