from __future__ import annotations

from collections.abc import Iterator

import pytest

from audittrail.testing import Spans, capture


@pytest.fixture
def spans() -> Iterator[Spans]:
    """What the test traces."""
    with capture() as found:
        yield found
