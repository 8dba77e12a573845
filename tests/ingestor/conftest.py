from __future__ import annotations

from collections.abc import Iterator

import pytest

from audittrail.ingestor import AuditTrailIngestor
from tests.support.people import Person


@pytest.fixture
def ingestor(person: Person) -> Iterator[AuditTrailIngestor]:
    """Of a person, at the server that the tests share."""
    with AuditTrailIngestor(person.key, person.server.api) as made:
        yield made
