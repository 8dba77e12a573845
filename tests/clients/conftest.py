"""What exporters log."""

from __future__ import annotations

import logging

import pytest


@pytest.fixture
def exporter_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> pytest.LogCaptureFixture:
    """The warnings and errors of OpenTelemetry, also those it would leave out because it said the
    like just before."""
    for name, logger in logging.root.manager.loggerDict.items():
        if name.startswith("opentelemetry.") and isinstance(logger, logging.Logger):
            monkeypatch.setattr(logger, "filters", [])
    caplog.set_level(logging.WARNING, "opentelemetry")
    return caplog
