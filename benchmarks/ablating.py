"""Ablations of a real server on a model server on loopback, whose answers are a known function of
the markers in the prompt: what is found against what is known, what was spent against what was
previewed."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import time
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import httpx
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from tests.support.otlp import new_span_id, new_trace_id
from tests.support.servers import Server

from audittrail.testing.model_server import (
    Answer,
    ModelRequest,
    ModelServer,
    ToolCall,
    rate_limited,
    server_error,
)
from audittrail.testing.model_server.requests import parse_request
from audittrail.testing.model_server.tokens import count_usage
from benchmarks.bars import Bar
from benchmarks.games import shapley
from benchmarks.runs import fresh_server

__all__ = ["endpoint_section"]

_START: Final = 1_790_000_000
Present = NDArray[np.bool_]
Decides = Callable[[Present], bool]


class Game(NamedTuple):
    """What the model does with ``sources`` tool results: asks for one tool or for another."""

    name: str
    sources: int
    decides: Decides


GAMES: Final = (
    Game("one of five", 5, lambda s: bool(s[0])),
    Game("any of two, of five", 5, lambda s: bool(s[0] or s[3])),
    Game("two of three, of five", 5, lambda s: int(s[:3].sum()) >= 2),
    Game("any of three, of eight", 8, lambda s: bool(s[:3].any())),
    Game("all of three, of eight", 8, lambda s: bool(s[:3].all())),
    Game("three of five, of eight", 8, lambda s: int(s[:5].sum()) >= 3),
    Game("one and either, of eight", 8, lambda s: bool(s[0] and (s[1] or s[2]))),
)


def _markers(count: int) -> list[str]:
    return [f"Document {n}: the figure is {1000 + 37 * n}, as of day {n}." for n in range(count)]


def _present(request: ModelRequest, count: int) -> Present:
    told = " ".join(message.text for message in request.messages)
    return np.array([marker in told for marker in _markers(count)])


class Script:
    """The model: plays a game, in any of its moods."""

    def __init__(self) -> None:
        self.game = GAMES[0]
        self.words = False
        self.noise = False
        self.failing = False
        self.likely = False
        self._turn = itertools.count(1)

    def __call__(self, request: ModelRequest) -> Answer:
        turn = next(self._turn)
        if self.failing and turn % 5 == 0:
            return rate_limited(0.02) if turn % 2 else server_error()
        present = _present(request, self.game.sources)
        if self.likely:
            # The more documents, the likelier each word of the answer.
            return Answer("x", likelihood=0.1 + 0.8 * float(present.mean()))
        if self.words:
            return Answer(self.said(present, turn))
        name = "get_offer" if self.game.decides(present) else "ask_somebody"
        return Answer(tool_calls=[ToolCall(name, {"of": "coffee"})])

    def said(self, present: Present, turn: int = 0) -> str:
        """A sentence for each document that is there, and filler if the model is noisy."""
        facts = [f"Number {n} says {1000 + 37 * n}." for n in np.flatnonzero(present)]
        filler = ["indeed", "rather", "mostly", "perhaps"][turn % 4] if self.noise else "so"
        return " ".join([f"It is {filler}.", *facts])


def _send(server: Server, script: Script) -> str:
    """A trace of one call, whose prompt has a result of a tool for each source."""
    trace_id, span_id, root = new_trace_id(), new_span_id(), new_span_id()
    count = script.game.sources
    calls = [{"id": f"call_{n}", "name": "read", "arguments": {"n": n}} for n in range(count)]
    messages = [
        {"role": "system", "content": "You buy coffee."},
        {"role": "user", "content": "What do the documents say?"},
        {"role": "assistant", "content": "", "tool_calls": calls},
        *(
            {"role": "tool", "content": text, "tool_call_id": f"call_{n}"}
            for n, text in enumerate(_markers(count))
        ),
    ]
    everything = np.ones(count, bool)
    tools = [] if script.words else [_tool("get_offer"), _tool("ask_somebody")]
    decision = [{"id": "end", "name": "get_offer", "arguments": {"of": "coffee"}}]
    answer: dict[str, Any] = {"role": "assistant", "content": ""}
    answer |= {"content": script.said(everything)} if script.words else {"tool_calls": decision}
    spans = [
        {"span_id": root, "trace_id": trace_id, "name": "buyer", "span_type": "agent",
         "start_time": _START, "end_time": _START + 20},
        {"span_id": span_id, "trace_id": trace_id, "parent_span_id": root, "name": "chat",
         "span_type": "llm", "model": "gpt-4o-mini", "start_time": _START + 1,
         "end_time": _START + 2, "input": messages, "output": [answer],
         "tool_calls": None if script.words else decision,
         "tokens_in": _counted(messages, tools), "tokens_out": 30,
         "attributes": {"gen_ai.tool.definitions": json.dumps(tools)} if tools else {}},
    ]  # fmt: skip
    sent = httpx.post(server.api + "/api/v1/ingest/spans", json={"batch": spans}, timeout=30)
    sent.raise_for_status()
    return trace_id


def _tool(name: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"of": {"type": "string"}}}
    function = {"name": name, "description": "What it does.", "parameters": schema}
    return {"type": "function", "function": function}


def _counted(messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> int:
    """Tokens of the prompt, as the model's server counts them."""
    said = []
    for message in messages:
        calls = [
            {
                "id": call["id"],
                "function": {"name": call["name"], "arguments": str(call["arguments"])},
            }
            for call in message.get("tool_calls", ())
        ]
        said.append({**message, "tool_calls": calls})
    request = parse_request("chat", {"model": "m", "messages": said, "tools": tools})
    return count_usage(request, Answer("")).prompt


def _ablate(server: Server, trace_id: str, **request: Any) -> tuple[Any, Any]:
    """(the preview, the run)."""
    path = f"{server.api}/api/v1/traces/{trace_id}/ablation"
    with httpx.Client(timeout=120) as client:
        previewed = client.post(path + "/preview", json=request).raise_for_status().json()["data"]
        run = client.post(path, json=request).raise_for_status().json()["data"]
        while run["state"] in ("queued", "running"):
            time.sleep(0.05)
            run = client.get(f"{path}/{run['id']}").raise_for_status().json()["data"]
    return previewed, run


def _phis(run: Any) -> NDArray[np.float64]:
    (step,) = run["steps"]
    return np.array([source["phi"] for source in step["sources"] if source["phi"] is not None])


def _truth(game: Game) -> NDArray[np.float64]:
    sets = [np.array([mask >> i & 1 for i in range(game.sources)], bool)
            for mask in range(2**game.sources)]  # fmt: skip
    return shapley(np.array([float(game.decides(each)) for each in sets]))


@contextlib.contextmanager
def _asking(script: Script) -> Iterator[Server]:
    with ModelServer(script) as endpoint:
        os.environ |= {"OPENAI_BASE_URL": endpoint.base_url, "OPENAI_API_KEY": "sk-any"}
        with fresh_server() as server:
            yield server


def endpoint_section(console: Console) -> Iterator[Bar]:
    """A decision in every game; then the same with failures, in words, with noise, within a
    budget."""
    script = Script()
    table = Table(title="On a model server: what is found against what is known")
    for column in ("game", "method", "calls", "error", "tokens, of previewed"):
        table.add_column(column)
    exact, adaptive, tokens, balance, beyond = 0.0, 0.0, 0.0, 0.0, 0
    with _asking(script) as server:
        for game in GAMES:
            script.game = game
            previewed, run = _ablate(server, _send(server, script))
            error = float(np.abs(_phis(run) - _truth(game)).max())
            method = run["steps"][0]["method"]
            if method == "exact":
                exact = max(exact, error)
            else:
                adaptive = max(adaptive, error)
            spent = run["progress"]["tokens_in"] / previewed["tokens_in"]
            tokens = max(tokens, abs(spent - 1))
            beyond = max(beyond, run["progress"]["calls"] - previewed["calls"])
            balance = max(balance, abs(run["graph"]["terminals_sum"] - 1))
            calls = str(run["progress"]["calls"])
            table.add_row(game.name, method, calls, f"{error:.2g}", f"{spent:.3f}")
        yield from _moods(server, script)
        yield from _budgets(server, script)
    console.print(table)
    yield Bar("endpoint, up to 5 sources: largest error", exact, most=1e-9)
    yield Bar("endpoint, 8 sources, 48 masks: largest error of a source", adaptive, most=0.1)
    yield Bar("endpoint: input tokens off the preview", tokens, most=0.05)
    yield Bar("endpoint: calls beyond the preview", beyond, most=0)
    yield Bar("endpoint: imbalance of the Sankey", balance, most=1e-9)


def _moods(server: Server, script: Script) -> Iterator[Bar]:
    script.game = GAMES[2]
    script.failing = True
    previewed, run = _ablate(server, _send(server, script))
    script.failing = False
    error = float(np.abs(_phis(run) - _truth(script.game)).max())
    yield Bar("endpoint, every fifth request 429 or 500: largest error", error, most=1e-9)
    answered = abs(run["progress"]["calls"] - previewed["calls"])
    yield Bar("endpoint, the same: calls off the preview", answered, most=0)
    script.words = True
    _, run = _ablate(server, _send(server, script))
    # Each document has one of five equal facts of the answer.
    spread = float(np.ptp(_phis(run)))
    yield Bar("endpoint, in words: spread of five equal sources", spread, most=0.05)
    script.likely = True
    _, run = _ablate(server, _send(server, script), measure="likelihood")
    script.likely = False
    off = float(np.abs(_phis(run) - 0.8 / script.game.sources).max())
    yield Bar("endpoint, log-probabilities of the record: largest error", off, most=1e-6)
    script.noise = True
    _, run = _ablate(server, _send(server, script))
    (step,) = run["steps"]
    equal = (step["v_full"] - step["v_empty"]) / script.game.sources
    taken = [source for source in step["sources"] if source["phi"] is not None]
    inside = [source["low"] - 0.02 <= equal <= source["high"] + 0.02 for source in taken]
    yield Bar("endpoint, noisy words: intervals that cover", float(np.mean(inside)), least=0.75)
    script.words = script.noise = False


def _budgets(server: Server, script: Script) -> Iterator[Bar]:
    script.game = GAMES[3]
    trace_id = _send(server, script)
    over = 0.0
    for most in (5, 17, 33):
        _, run = _ablate(server, trace_id, max_calls=most)
        over = max(over, run["progress"]["calls"] - most)
    yield Bar("endpoint: calls beyond the budget", over, most=0)
    previewed, _ = _ablate(server, trace_id, max_calls=1)
    usd = previewed["cost_at_most"] / 50
    _, run = _ablate(server, trace_id, max_usd=usd)
    yield Bar("endpoint: cost of the budget", run["progress"]["cost"] / usd, most=1)
