"""``python -m audittrail.testing.model_server``."""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
import threading
from collections.abc import Sequence

from audittrail.testing.model_server.scripts import Script, ToolUser
from audittrail.testing.model_server.server import ModelServer

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(
        prog="python -m audittrail.testing.model_server",
        description="An OpenAI-compatible server without a model. Point OPENAI_BASE_URL at it.",
    )
    parser.add_argument("--port", type=int, default=8089, help="0 is any free one (default: 8089)")
    parser.add_argument(
        "--pace", type=float, default=0.0, help="seconds between two pieces of an answer"
    )
    parser.add_argument(
        "--script",
        default="",
        metavar="MODULE:NAME",
        help="what answers: a function of the request. Default: calls each tool on offer once, "
        "then says what they gave",
    )
    given = parser.parse_args(arguments)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        script = _script(given.script)
    except (ImportError, AttributeError, ValueError) as error:
        parser.exit(1, f"{given.script} is no MODULE:NAME that can be imported: {error}\n")
    try:
        server = ModelServer(script, pace=given.pace, port=given.port)
    except (OSError, OverflowError) as error:
        parser.exit(1, f"Port {given.port} cannot be used ({error}). Name another one.\n")
    with server:
        _say(f"OPENAI_BASE_URL={server.base_url} OPENAI_API_KEY=any")
        stopped.wait()
    return 0


def _script(name: str) -> Script:
    if not name:
        return ToolUser()
    module, _, attribute = name.partition(":")
    script: Script = getattr(importlib.import_module(module), attribute)
    return script


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
