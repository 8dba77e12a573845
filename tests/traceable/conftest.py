from __future__ import annotations

from collections.abc import Iterator

import pytest

from audittrail.testing import Spans, capture
from audittrail.traceable import harmless


@pytest.fixture(autouse=True)
def nothing_said_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test before this one caused to be logged is not logged again within a minute."""
    monkeypatch.setattr(harmless.report.notices, "_said", {})


@pytest.fixture
def spans() -> Iterator[Spans]:
    """What the test traces."""
    with capture() as found:
        yield found
