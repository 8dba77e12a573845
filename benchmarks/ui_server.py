"""A server with a dashboard, what is sent to it, and what its trace page is known by."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
from tests.support.otlp import traces_request
from tests.support.servers import Server, running_server

__all__ = ["CELL", "PANEL", "send_spans", "shown_server"]

PANEL: Final = "document.querySelector('.at-panel:not([hidden])')"
CELL: Final = f"{PANEL}?.querySelector('[role=row] [role=gridcell]')"
_PER_REQUEST: Final = 2000


@contextlib.contextmanager
def shown_server() -> Iterator[Server]:
    """In local mode, with an empty database."""
    with (
        tempfile.TemporaryDirectory(prefix="audittrail-benchmark-") as folder,
        running_server(Path(folder), "--local", dashboard=True) as server,
    ):
        yield server


def send_spans(server: Server, spans: list[dict[str, Any]]) -> None:
    """Returns once all are stored."""
    headers = {"content-type": "application/x-protobuf"}
    with httpx.Client(base_url=server.otlp_http, headers=headers, timeout=120) as client:
        for first in range(0, len(spans), _PER_REQUEST):
            body = traces_request(*spans[first : first + _PER_REQUEST])
            client.post("/v1/traces", content=body).raise_for_status()
