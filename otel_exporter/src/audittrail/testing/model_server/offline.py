"""Programs that call OpenAI, without it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping

from audittrail.testing.model_server.scripts import Script
from audittrail.testing.model_server.server import ModelServer

__all__ = ["offline_openai"]


@contextlib.contextmanager
def offline_openai(script: Script | None = None, *, pace: float = 0.0) -> Iterator[ModelServer]:
    """For this block OPENAI_BASE_URL and OPENAI_API_KEY lead to a model server, for all clients
    that are made in it, and those of its child processes."""
    with ModelServer(script, pace=pace) as server, _environment(_settings(server)):
        yield server


def _settings(server: ModelServer) -> Mapping[str, str]:
    local = os.environ.get("NO_PROXY") or os.environ.get("no_proxy")
    unproxied = "127.0.0.1" if not local else f"{local},127.0.0.1"
    return {
        "OPENAI_BASE_URL": server.base_url,
        "OPENAI_API_KEY": "sk-offline",
        "NO_PROXY": unproxied,
        "no_proxy": unproxied,
    }


@contextlib.contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
