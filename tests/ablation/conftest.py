"""A server that may ask a model, and the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from audittrail.testing.model_server import ModelServer
from tests.ablation.agents import Model
from tests.support.asking import asking_server
from tests.support.people import Person, new_person
from tests.support.servers import Server


@dataclass
class Asking:
    """A server with an endpoint. ``model`` answers there."""

    server: Server
    model: Model
    endpoint: ModelServer


@pytest.fixture(scope="module")
def _asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    model = Model()
    rules = tmp_path_factory.mktemp("rules")
    # Without a default rate, so that a model may have no price.
    (rules / "pricing.yaml").write_text("models: []\n")
    settings = {"LOGIN_ATTEMPTS_PER_MINUTE": "100000", "RULES_DIR": str(rules)}
    folder = tmp_path_factory.mktemp("asking")
    with asking_server(folder, model, **settings) as (server, endpoint):
        yield Asking(server, model, endpoint)
        model.held.set()


@pytest.fixture
def asking(_asking: Asking) -> Iterator[Asking]:
    """The same server for all tests of a module, with a model that is as new."""
    fresh = Model()
    vars(_asking.model).update(vars(fresh))
    yield _asking
    _asking.model.held.set()


@pytest.fixture
def buyer(asking: Asking) -> Person:
    return new_person(asking.server)
