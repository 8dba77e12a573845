"""What importing and making an exporter costs an agent."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ["requests", "grpc", "duckdb", "dash", "fastapi", "pydantic", "langchain_core", "numpy"]


@pytest.mark.parametrize("then", ["pass", "AuditTrailSpanExporter()"])
def test_importing_the_exporter_is_light(then: str) -> None:
    """What sends is imported when there is something to send."""
    program = (
        "import sys; from audittrail.otel_exporter import AuditTrailSpanExporter; "
        f"{then}; print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
