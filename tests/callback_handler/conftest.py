"""A handler whose spans are kept in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from opentelemetry import context

from tests.callback_handler.recorded import Recorded


@pytest.fixture(autouse=True)
def own_context() -> Iterator[None]:
    """A run that a test leaves open stays current in that test alone."""
    token = context.attach(context.Context())
    yield
    context.detach(token)


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    kept = Recorded()
    yield kept
    kept.provider.shutdown()
