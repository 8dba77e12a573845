"""The agent that runs live: the example with LangGraph where that is installed, else one whose
model and tools are scripted."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Final, NamedTuple

from audittrail.server.demo.ports import HOST, Ports

__all__ = ["LiveAgent", "choose_agent", "script_folder"]

_EXAMPLE: Final = "langgraph-agent"
_PACKAGES: Final = ("langchain_core", "langchain_openai", "langgraph")
# What the shell says of an agent's endpoints, keys and exporters is not for this one.
_OTHERS: Final = ("AUDITTRAIL_", "LANGCHAIN_", "LANGSMITH_", "OPENAI_", "OTEL_")


class LiveAgent(NamedTuple):
    """What to start. ``instead`` says why it is not the better one."""

    command: tuple[str, ...]
    environment: dict[str, str]
    instead: str | None = None


def choose_agent(ports: Ports, *, fast: bool) -> LiveAgent:
    script = _script()
    environment = _environment(ports)
    options = ("--fast",) if fast else ()
    if script is not None and not _missing():
        # The example finds its other files beside it, so this one is not started with -P.
        return LiveAgent((sys.executable, str(script), "--offline", *options), environment)
    planner = (sys.executable, "-P", "-m", "audittrail.server.demo.agent", *options)
    return LiveAgent(planner, environment, _reason(script))


def script_folder() -> Path | None:
    """Where the script is that plays the model of the agent with seven tools; None if that agent
    cannot run here."""
    script = _script()
    return None if script is None or _missing() else script.parent


def _reason(script: Path | None) -> str:
    if script is None:
        return "The agent with seven tools is not part of this installation"
    return (
        f"The agent with seven tools needs {', '.join(_missing())}: "
        "pip install 'audittrail-otel[server,examples]'"
    )


def _script() -> Path | None:
    """In the package, or in the checkout that this file is part of."""
    folders = [Path(__file__).parent, *(each / "examples" for each in Path(__file__).parents)]
    scripts = (folder / _EXAMPLE / "agent.py" for folder in folders)
    return next((script for script in scripts if script.is_file()), None)


def _missing() -> list[str]:
    return [name for name in _PACKAGES if not _is_installed(name)]


def _is_installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False


def _environment(ports: Ports) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OTHERS)}
    api = f"http://{HOST}:{ports.api}"
    dashboard = f"http://{HOST}:{ports.dashboard}" if ports.dashboard else f"{api}/api/v1"
    return kept | {
        "AUDITTRAIL_ENDPOINT": api,
        "AUDITTRAIL_DASHBOARD_URL": dashboard,
        # The server ends with the demonstration: nothing is kept for a later one.
        "AUDITTRAIL_SPOOL_DIR": "",
        "NO_PROXY": HOST,
        "no_proxy": HOST,
        "PYTHONUNBUFFERED": "1",
    }
