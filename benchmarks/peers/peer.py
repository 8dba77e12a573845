"""Another server that takes OTLP, installed and run for a comparison."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
from tests.support.servers import free_ports

from benchmarks.usage import Usage, disk_bytes

__all__ = ["ENVIRONMENTS", "Peer", "RunningPeer"]

ENVIRONMENTS: Final = Path(__file__).resolve().parents[2] / ".cache" / "peers"
_START_SECONDS: Final = 180
_STOP_SECONDS: Final = 30


@dataclass(frozen=True)
class Peer:
    """How a server is installed, started and asked. It is installed as its makers publish it, and
    started with its defaults in an empty folder."""

    name: str
    package: str
    command: Callable[[Path, int, int], list[str]]
    """From its folder of programs, a port for HTTP and one for what else it listens on."""
    environment: Callable[[Path, int, int], dict[str, str]]
    """From its data folder and the two ports."""
    database: str
    """The SQLite file in its data folder; its table ``spans`` has a row for each stored span."""
    ready_path: str
    headers: tuple[str, ...] = ()

    @property
    def _programs(self) -> Path:
        return ENVIRONMENTS / self.name / "bin"

    def install(self) -> str:
        """Its version; installed unless it is. Raises CalledProcessError if that fails."""
        python = self._programs / "python"
        if not python.exists():
            home = str(ENVIRONMENTS / self.name)
            subprocess.run([sys.executable, "-m", "venv", home], check=True)
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet"]
        subprocess.run([*pip, "install", self.package], check=True)
        asked = f"from importlib.metadata import version; print(version({self.package!r}))"
        told = subprocess.run([str(python), "-c", asked], check=True, stdout=subprocess.PIPE)
        return told.stdout.decode().strip()

    @contextlib.contextmanager
    def running(self) -> Iterator[RunningPeer]:
        """It on free ports of the loopback, with an empty folder; ended with the block."""
        http, other = free_ports(2)
        with tempfile.TemporaryDirectory(prefix=f"benchmark-{self.name}-") as name:
            folder = Path(name)
            data = folder / "data"
            data.mkdir()
            with (folder / "server.log").open("wb") as log:
                process = subprocess.Popen(
                    self.command(self._programs, http, other),
                    env={**os.environ, **self.environment(data, http, other)},
                    cwd=data,
                    stdout=log,
                    stderr=log,
                )
            running = RunningPeer(self, data, f"http://127.0.0.1:{http}", process)
            try:
                running.wait_until_ready(folder / "server.log")
                yield running
            finally:
                running.stop()


@dataclass
class RunningPeer:
    """A peer that was started. ``folder`` is where its data is."""

    peer: Peer
    folder: Path
    url: str
    process: subprocess.Popen[bytes]
    usage: Usage = field(init=False)

    def __post_init__(self) -> None:
        self.usage = Usage(self.process.pid)

    @property
    def headers(self) -> tuple[str, ...]:
        return self.peer.headers

    def wait_until_ready(self, log: Path) -> None:
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(self.url + self.peer.ready_path, timeout=5).is_success:
                    return
            time.sleep(0.3)
        raise RuntimeError(f"{self.peer.name} did not start:\n{log.read_text()[-2000:]}")

    def stored(self) -> int:
        """How many spans can be read."""
        file = (self.folder / self.peer.database).as_uri() + "?mode=ro"
        with contextlib.closing(sqlite3.connect(file, uri=True, timeout=60)) as database:
            [[count]] = database.execute("select count(*) from spans")
        return int(count)

    def disk_bytes(self) -> int:
        return disk_bytes(self.folder)

    def stop(self) -> None:
        """End it, and the processes that it started."""
        started = self.usage.below()
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_STOP_SECONDS)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.usage.end(started)
