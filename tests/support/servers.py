"""Real servers for tests and benchmarks: a process, a folder and ports of their own."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.support.commands import run_command
from tests.support.connections import NO_TLS as NO_TLS

AUDITTRAIL = str(Path(sys.executable).with_name("audittrail"))
_CHEAP = (sys.executable, str(Path(__file__).with_name("cheap_server.py")))
SECRET_KEY = "a secret key for tests alone, long enough to sign with"


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
    """A running server. ``folder`` is its data folder."""

    folder: Path
    api: str
    otlp_http: str
    otlp_grpc: str
    environment: Mapping[str, str]
    arguments: tuple[str, ...]
    dashboard: str | None = None
    command: tuple[str, ...] = _CHEAP
    process: subprocess.Popen[bytes] = field(init=False)
    peak_rss_mib: float = 0.0

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.launch()
        self._wait_until_ready()

    def launch(self) -> None:
        """Start it, and do not wait."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.command, "serve", *self.arguments],
                env={**os.environ, **self.environment},
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended:\n{self.log.read_text()[-3000:]}")
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(self.api + "/api/v1/health", timeout=2, verify=NO_TLS).is_success:
                    return
            time.sleep(0.03)
        raise RuntimeError(f"the server did not start:\n{self.log.read_text()[-3000:]}")

    def stop(self, timeout: float = 60) -> int:
        """SIGTERM; returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(30)

    def cli(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run an ``audittrail`` command with this server's settings, in this process."""
        return run_command(
            *arguments, environment=self.environment, folder=self.folder, stdin=stdin
        )

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @contextlib.contextmanager
    def memory_watched(self) -> Iterator[None]:
        """Keep ``peak_rss_mib`` for the length of the block."""
        done = threading.Event()

        def watch() -> None:
            page = os.sysconf("SC_PAGE_SIZE")
            while not done.wait(0.05):
                with contextlib.suppress(OSError, IndexError):
                    pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
                    self.peak_rss_mib = max(self.peak_rss_mib, pages * page / 2**20)

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def make_server(
    folder: Path, *arguments: str, dashboard: bool = False, **environment: str
) -> Server:
    """A server that is not started yet; ``environment`` are settings without their prefix."""
    api, http, grpc, board = free_ports(4)
    settings = {
        "SECRET_KEY": SECRET_KEY,
        "DATA_DIR": str(folder),
        "PORT": str(api),
        "OTLP_HTTP_PORT": str(http),
        "OTLP_GRPC_PORT": str(grpc),
        "DASHBOARD_PORT": str(board) if dashboard else "0",
        **environment,
    }
    return Server(
        folder=folder,
        api=f"http://127.0.0.1:{api}",
        otlp_http=f"http://127.0.0.1:{http}",
        otlp_grpc=f"127.0.0.1:{grpc}",
        environment={f"AUDITTRAIL_{name}": value for name, value in settings.items()},
        arguments=arguments,
        dashboard=f"http://127.0.0.1:{board}" if dashboard else None,
    )


@contextlib.contextmanager
def running_server(folder: Path, *arguments: str, **how: Any) -> Iterator[Server]:
    server = make_server(folder, *arguments, **how)
    server.start()
    try:
        yield server
    finally:
        server.stop()
