"""AuditTrail, run in the same way as the others."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
from tests.support.servers import Server

from benchmarks.runs import fresh_server
from benchmarks.usage import Usage, disk_bytes

__all__ = ["RunningOurs", "running_ours"]


@dataclass
class RunningOurs:
    """A server in local mode with an empty database."""

    server: Server
    usage: Usage = field(init=False)

    def __post_init__(self) -> None:
        self.usage = Usage(self.server.process.pid)

    @property
    def url(self) -> str:
        return self.server.otlp_http

    @property
    def headers(self) -> tuple[str, ...]:
        return ()

    def stored(self) -> int:
        """How many spans can be read."""
        count, cursor = 0, None
        while True:
            asked = {"limit": 200} | ({"cursor": cursor} if cursor else {})
            told = httpx.get(f"{self.server.api}/api/v1/traces", params=asked, timeout=60)
            page = told.raise_for_status().json()
            count += sum(trace["span_count"] for trace in page["data"])
            cursor = page["next_cursor"]
            if cursor is None:
                return count

    def disk_bytes(self) -> int:
        return disk_bytes(self.server.folder, "audittrail.duckdb*")


@contextlib.contextmanager
def running_ours() -> Iterator[RunningOurs]:
    """With an empty folder; ended with the block."""
    with fresh_server() as server:
        yield RunningOurs(server)
