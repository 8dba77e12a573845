"""Where the server is: an argument, the environment, or this machine."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from audittrail.errors import SettingsError
from audittrail.ingestor import AuditTrailIngestor

KEY = "sk-at-3843271234567890abcdef"


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("API_KEY", "API_URL", "ENDPOINT", "DASHBOARD_URL"):
        monkeypatch.delenv(f"AUDITTRAIL_{name}", raising=False)


@pytest.mark.parametrize(
    ("variables", "api_url"),
    [
        ({}, "http://localhost:8000"),
        ({"API_URL": "http://a:1/"}, "http://a:1"),
        ({"ENDPOINT": "http://b:8000"}, "http://b:8000"),
        ({"ENDPOINT": "https://b.example/otlp/v1/traces"}, "https://b.example/otlp"),
        ({"ENDPOINT": "http://b:4318"}, "http://localhost:8000"),
        ({"ENDPOINT": "b:4317"}, "http://localhost:8000"),
        ({"ENDPOINT": "http://b:8000", "API_URL": "http://a:1"}, "http://a:1"),
        ({"API_URL": "a:1"}, "http://a:1"),
    ],
)
def test_the_server(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], api_url: str
) -> None:
    """AUDITTRAIL_ENDPOINT serves as well, unless its port is one of OTLP's."""
    for name, value in variables.items():
        monkeypatch.setenv(f"AUDITTRAIL_{name}", value)
    assert AuditTrailIngestor().api_url == api_url
    assert AuditTrailIngestor(api_url="http://c:2").api_url == "http://c:2"


def test_the_dashboard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a person opens the trace."""
    assert AuditTrailIngestor().trace_url("ab") == "http://localhost:3000/traces/ab"
    monkeypatch.setenv("AUDITTRAIL_DASHBOARD_URL", "https://board.example/")
    assert AuditTrailIngestor().trace_url("ab") == "https://board.example/traces/ab"
    given = AuditTrailIngestor(dashboard_url="http://x:1")
    assert given.dashboard_url == "http://x:1"


def test_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """As much of it as may be shown, whoever gave it."""
    assert AuditTrailIngestor().describe_key() == "No API key; a server in local mode needs none"
    assert AuditTrailIngestor(KEY).describe_key() == "API key configured (sk-at-384327...)"
    monkeypatch.setenv("AUDITTRAIL_API_KEY", KEY)
    assert AuditTrailIngestor().describe_key() == "API key configured (sk-at-384327...)"
    assert AuditTrailIngestor("short").describe_key() == "API key configured (not shown)"
    assert KEY not in repr(vars(AuditTrailIngestor())["_target"])


def test_mistakes(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """In arguments they are seen at once; in the environment they are logged and passed over."""
    for wrong in ({"api_url": "ftp://x"}, {"dashboard_url": ""}, {"batch_size": 0}):
        with pytest.raises(SettingsError):
            AuditTrailIngestor(**wrong)  # type: ignore[arg-type]  # one of each
    monkeypatch.setenv("AUDITTRAIL_API_URL", "http://[x")
    assert AuditTrailIngestor().api_url == "http://localhost:8000"
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_importing_it_is_light() -> None:
    """requests is imported with the first request, and nothing of the server ever."""
    code = (
        "import sys, audittrail.ingestor as i; i.AuditTrailIngestor(); "
        "print([n for n in ('requests', 'grpc', 'duckdb', 'fastapi', 'pydantic', 'numpy') "
        "if n in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout.strip() == "[]"
