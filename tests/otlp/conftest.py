"""Servers with settings that make limits easy to reach."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.people import Person, new_person
from tests.support.servers import Server, running_server

LIMIT = 20_000
ORIGIN = "https://agents.example"


@pytest.fixture(scope="session")
def server(plain_server: Server) -> Server:
    """One that judges nothing."""
    return plain_server


@pytest.fixture(scope="session")
def person(server: Server) -> Person:
    """One for all tests here: each sends traces of its own."""
    return new_person(server)


@pytest.fixture(scope="session")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Somebody at a server that takes messages of LIMIT bytes and pages of ORIGIN."""
    folder = tmp_path_factory.mktemp("narrow")
    settings = {"MAX_MESSAGE_BYTES": str(LIMIT), "CORS_ORIGINS": ORIGIN}
    with running_server(folder, **settings) as started:
        yield new_person(started)


@pytest.fixture(scope="session")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Somebody at a server that has room for one request at a time, and takes pages of any
    origin."""
    folder = tmp_path_factory.mktemp("busy")
    with running_server(folder, MAX_QUEUE_BYTES="1", CORS_ORIGINS="*") as started:
        yield new_person(started)
