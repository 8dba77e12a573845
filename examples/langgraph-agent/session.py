"""What the examples share: their options, the model, and a trace with the lines about it."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace

import openai
from langchain_core.runnables import RunnableConfig
from langchain_openai import ChatOpenAI

from audittrail.callback_handler import AuditTrailCallbackHandler
from audittrail.errors import AuditTrailError
from audittrail.ingestor import AuditTrailIngestor
from audittrail.otel_exporter import configure, flush
from audittrail.testing.model_server import Script, offline_openai

MODEL = "gpt-4o-mini"
# How fast the offline model writes: about as fast as the real one.
SECONDS_PER_WORD = 0.06

pauses = True
model = MODEL


@dataclass(frozen=True)
class Run:
    """One traced run. ``config`` is what a graph is invoked with."""

    trace_id: str
    config: RunnableConfig


def options(description: str, question: str) -> argparse.Namespace:
    """The command line, which is the same for all examples."""
    return parser_of(description, question).parse_args()


def parser_of(description: str, question: str) -> argparse.ArgumentParser:
    """The same, for examples that have options of their own."""
    parser = argparse.ArgumentParser(
        description=description,
        epilog="AUDITTRAIL_ENDPOINT and AUDITTRAIL_API_KEY say where the spans go (default: a "
        "server on this machine), AUDITTRAIL_DASHBOARD_URL where to look at them. OPENAI_API_KEY, "
        "OPENAI_BASE_URL: the model.",
    )
    parser.add_argument(
        "--offline",
        action="store_true",
        help="let a script play the model, on this machine; so it is without OPENAI_API_KEY",
    )
    parser.add_argument("--fast", action="store_true", help="without pauses to watch it by")
    parser.add_argument("--question", default=question, help=f"default: {question}")
    parser.add_argument("--model", default=MODEL, help=f"default: {MODEL}")
    parser.add_argument("--environment", default="examples", help="default: examples")
    parser.add_argument("--session", help="the conversation that it is part of")
    parser.add_argument("--user", help="who asks")
    return parser


def pause(seconds: float) -> None:
    """Stands for the time that a real service takes."""
    if pauses:
        time.sleep(seconds)


def chat_model(name: str | None = None, retries: int = 2) -> ChatOpenAI:
    """Streams, so that the time to the first token is known; the usage comes at the end."""
    return ChatOpenAI(
        model=name or model, temperature=0, streaming=True, stream_usage=True, max_retries=retries
    )


@contextmanager
def live_trace(agent: str, given: argparse.Namespace, script: Script) -> Iterator[Run]:
    """Register a trace; send what happens in the block to it while it happens.

    ``script`` plays the model if there is no real one.
    """
    begin(agent, given)
    trace_id = register_trace(agent, given.question, given)
    handler = AuditTrailCallbackHandler(
        trace_id=trace_id, session_id=given.session, user_id=given.user
    )
    with model_of(given, script):
        yield Run(trace_id, {"callbacks": [handler], "recursion_limit": 60})


def begin(agent: str, given: argparse.Namespace) -> None:
    """Whether to pause, which model to ask, and where spans are sent."""
    global pauses, model
    pauses, model = not given.fast, given.model
    configure(service_name=agent, environment=given.environment)


@contextmanager
def model_of(given: argparse.Namespace, script: Script) -> Iterator[None]:
    """OpenAI's, or the script; at the end of the block all spans are sent."""
    offline = given.offline or not os.environ.get("OPENAI_API_KEY")
    if offline:
        print("[LIVE] Offline: a script plays the model.", flush=True)
    if given.fast:
        script = hurried(script)
    pace = 0.0 if given.fast else SECONDS_PER_WORD
    try:
        with offline_openai(script, pace=pace) if offline else nullcontext():
            yield
    except openai.OpenAIError as error:
        flush()
        sys.exit(f"[FAILED] The model: {error}")
    except KeyboardInterrupt:
        flush()
        sys.exit("[LIVE] Stopped. What happened so far was sent.")
    if not flush():
        sys.exit("[FAILED] Some spans could not be sent; they are kept and sent by the next run.")
    print("[LIVE] All spans sent incrementally. Trace complete.")


def hurried(script: Script) -> Script:
    """The same answers, at once."""
    return lambda request: replace(script(request), delay=0.0)


def register_trace(agent: str, question: str, given: argparse.Namespace) -> str:
    """Say what the trace is about, and print where to watch it. Ends the program if that fails."""
    with AuditTrailIngestor() as ingestor:
        print(f"[OK] {ingestor.describe_key()}")
        try:
            trace_id = ingestor.register_trace(
                question, agent, given.environment, given.session, given.user
            )
        except AuditTrailError as error:
            sys.exit(f"[FAILED] {error}")
        print(f"[OK] Trace registered: {trace_id}")
        print(f"[LIVE] Open {ingestor.trace_url(trace_id)} to watch live", flush=True)
    return trace_id
