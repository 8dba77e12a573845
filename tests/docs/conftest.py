"""The servers that the documents' programs talk to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from audittrail.testing.model_server import Answer, ModelRequest, ModelServer, ToolUser
from tests.docs.seen import Watcher
from tests.support.servers import Server


def weather_model(request: ModelRequest) -> Answer:
    """Calls the tools on offer, then says what they gave; knows what the capital of France is."""
    if request.turns == 0 and request.tools:
        return ToolUser()(request)
    if request.results:
        return Answer(f"Paris has {request.results[-1].text}.")
    return Answer("Paris." if "capital" in request.question else "It is mild.")


@pytest.fixture(scope="session")
def model_url() -> Iterator[str]:
    """The base URL of the model."""
    with ModelServer(weather_model) as model:
        yield model.base_url


@pytest.fixture
def watcher(local_server: Server) -> Iterator[Watcher]:
    made = Watcher(local_server)
    yield made
    made.close()
