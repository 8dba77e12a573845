"""Servers with settings of their own, which all tests of the API share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.people import Person, new_person
from tests.support.servers import AUDITTRAIL, Server, make_server, running_server

PAGE = "https://board.example.com"
LIMIT = 4


@pytest.fixture(scope="session")
def strict_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that soon calls a trace incomplete, takes small bodies, and lets one page in."""
    with running_server(
        tmp_path_factory.mktemp("strict"),
        LOGIN_ATTEMPTS_PER_MINUTE="100000",
        IDLE_MINUTES="0.01",
        MAX_MESSAGE_BYTES="20000",
        CORS_ORIGINS=PAGE,
    ) as started:
        yield started


@pytest.fixture
def strict_person(strict_server: Server) -> Person:
    return new_person(strict_server)


@pytest.fixture(scope="session")
def limited_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server where each address may log in, register and look at the demonstration so often in a
    minute, with real password hashes. Its tests come from addresses of their own."""
    folder = tmp_path_factory.mktemp("limited")
    started = make_server(folder, LOGIN_ATTEMPTS_PER_MINUTE=str(LIMIT))
    started.command = (AUDITTRAIL,)
    started.start()
    try:
        yield started
    finally:
        started.stop()
