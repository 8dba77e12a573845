"""Servers that may ask a model, and the model that they ask."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from audittrail.testing.model_server import ModelServer, Script
from tests.support.servers import Server, make_server

OPERATORS_KEY: Final = "sk-of-the-operator-alone"


@contextlib.contextmanager
def asking_server(
    folder: Path, script: Script, *arguments: str, **how: Any
) -> Iterator[tuple[Server, ModelServer]]:
    """A server whose ablations ask an endpoint that answers by ``script``, and that endpoint.
    ``arguments`` and ``how`` are those of ``make_server``."""
    with ModelServer(script) as endpoint:
        server = make_server(folder, *arguments, **how)
        of_endpoint = {"OPENAI_BASE_URL": endpoint.base_url, "OPENAI_API_KEY": OPERATORS_KEY}
        server.environment = {**server.environment, **of_endpoint}
        server.start()
        try:
            yield server, endpoint
        finally:
            server.stop()
