"""A real server for benchmarks: its own process, its own folder, free ports."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


@dataclass
class Server:
    process: subprocess.Popen[bytes]
    folder: Path
    api: str
    otlp_http: str
    otlp_grpc: str
    peak_rss_mib: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def watch_memory(self) -> None:
        page = os.sysconf("SC_PAGE_SIZE")
        while not self._stop.wait(0.05):
            with contextlib.suppress(OSError, IndexError):
                pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
                self.peak_rss_mib = max(self.peak_rss_mib, pages * page / 2**20)


@contextlib.contextmanager
def running_server(folder: Path | None = None) -> Iterator[Server]:
    own = folder is None
    folder = folder or Path(tempfile.mkdtemp(prefix="audittrail-bench-"))
    api, http, grpc = free_ports(3)
    environment = os.environ | {
        "AUDITTRAIL_DATA_DIR": str(folder),
        "AUDITTRAIL_PORT": str(api),
        "AUDITTRAIL_OTLP_HTTP_PORT": str(http),
        "AUDITTRAIL_OTLP_GRPC_PORT": str(grpc),
        "AUDITTRAIL_DASHBOARD_PORT": "0",
    }
    command = [str(Path(sys.executable).with_name("audittrail")), "serve", "--local"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    server = Server(
        process, folder, f"http://127.0.0.1:{api}", f"http://127.0.0.1:{http}", f"127.0.0.1:{grpc}"
    )
    watcher = threading.Thread(target=server.watch_memory, daemon=True)
    try:
        _wait(server)
        watcher.start()
        yield server
    finally:
        server._stop.set()
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        if own:
            shutil.rmtree(folder, ignore_errors=True)


def _wait(server: Server) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if server.process.poll() is not None:
            raise SystemExit(f"the server ended with {server.process.returncode}")
        with contextlib.suppress(OSError):
            urllib.request.urlopen(server.api + "/api/v1/health", timeout=1).close()
            return
        time.sleep(0.05)
    raise SystemExit("the server did not start")
