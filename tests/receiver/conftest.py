"""The server that takes what these tests send."""

from __future__ import annotations

import pytest

from tests.support.servers import Server


@pytest.fixture(scope="session")
def server(plain_server: Server) -> Server:
    """One that judges nothing."""
    return plain_server
