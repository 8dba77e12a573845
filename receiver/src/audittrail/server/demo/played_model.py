"""The demonstration's model: the script that plays it for the agent with seven tools, as an
endpoint that ablations can ask. ``python -m audittrail.server.demo.played_model FOLDER`` serves
until it is stopped, and prints its base URL first."""

from __future__ import annotations

import importlib.util
import signal
import sys
import threading
from pathlib import Path
from typing import Any, Final

from audittrail.testing.model_server import Answer, Failure, ModelRequest, ModelServer, Script

__all__ = ["main", "played_by"]

_UNKNOWN: Final = (
    "The demonstration has no model, only a script for the agent with seven tools (coffee-buyer). "
    "For other traces start a server with OPENAI_API_KEY: audittrail serve --local."
)


def played_by(script: Script) -> Script:
    """The script, with an error that says what to do for prompts that it does not know."""

    def answer(request: ModelRequest) -> Answer:
        try:
            return script(request)
        except (KeyError, IndexError):
            return Answer(error=Failure(404, _UNKNOWN, code="model_not_found"))

    return answer


def _script(folder: Path) -> Script:
    # The script imports what stands beside it.
    sys.path.insert(0, str(folder))
    found = importlib.util.spec_from_file_location("offline", folder / "offline.py")
    if found is None or found.loader is None:
        raise ImportError(f"{folder} has no script")
    module: Any = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    script: Script = module.script
    return script


def main() -> None:
    """Serve until SIGTERM."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with ModelServer(played_by(_script(Path(sys.argv[1])))) as server:
        sys.stdout.write(server.base_url + "\n")
        sys.stdout.flush()
        stopped.wait()


if __name__ == "__main__":
    main()
