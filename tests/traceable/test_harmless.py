"""Whatever fails here, the traced function runs once, and its result or error is its own."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk import trace as sdk

from audittrail.testing import Spans
from audittrail.traceable import inputs, plan, set_output, start_trace, step, traceable


class Broken(Exception):
    """What the agent has nothing to do with."""


def fail(*_: Any, **__: Any) -> Any:
    raise Broken


PLACES = [
    (step, "find_tracer"),
    (step, "simple_attributes"),
    (step, "hooks"),
    (step, "redacted"),
    (inputs.Inputs, "read"),
    (plan, "response_attributes"),
    (sdk.Span, "set_attribute"),
    (sdk.Span, "set_status"),
    (sdk.Span, "add_event"),
    (sdk.Span, "end"),
]


@pytest.mark.parametrize(("owner", "name"), PLACES, ids=[name for _, name in PLACES])
def test_faults(spans: Spans, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
    """In functions of every kind, and in traces."""
    calls = []

    @traceable(span_type="llm")
    def plain(x: int) -> int:
        calls.append("plain")
        set_output(x)
        return x

    @traceable
    async def waiting(x: int) -> int:
        calls.append("waiting")
        raise ValueError(x)

    @traceable(span_type="llm")
    def items(x: int) -> Iterator[int]:
        calls.append("items")
        yield x

    monkeypatch.setattr(owner, name, fail)
    with start_trace("a", "test", input=1) as trace_id:
        assert plain(1) == 1
        with pytest.raises(ValueError, match="2"):
            asyncio.run(waiting(2))
        assert list(items(3)) == [3]
    assert calls == ["plain", "waiting", "items"]
    assert len(bytes.fromhex(trace_id)) == 16


PROGRAM = """
import asyncio
from audittrail.traceable import *

@traceable
def work(x):
    print("worked", x)
    return x

with start_trace("a", "test") as trace_id:
    work(1)
print(len(trace_id))
asyncio.run(asyncio.wait_for(shutdown_tracer(), 30))
"""


def run(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "AUDITTRAIL_SPOOL_DIR": "", **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_tracing_that_is_switched_off() -> None:
    """OTEL_SDK_DISABLED: the function runs, and there is an id to log."""
    ran = run(PROGRAM.replace("asyncio.run", "# "), OTEL_SDK_DISABLED="true")
    assert (ran.stdout, ran.stderr) == ("worked 1\n32\n", "")


def test_a_sampler_that_drops() -> None:
    """Nothing is recorded, and the function runs."""
    ran = run(PROGRAM.replace("asyncio.run", "# "), OTEL_TRACES_SAMPLER="always_off")
    assert (ran.stdout, ran.stderr) == ("worked 1\n32\n", "")
