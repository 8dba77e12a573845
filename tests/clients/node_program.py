"""The Node program, and the packages it needs."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.servers import Server
from tests.support.tools import lacking, need

_SOURCES = Path(__file__).parent / "node"
_CACHE = Path(__file__).parents[2] / ".cache"
_INSTALL = ("--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts")


class Sending(NamedTuple):
    """A door, a key, and whether the program has them as options or as OTEL_* variables."""

    door: str
    key: str
    by_environment: bool = False

    def told(self, server: Server) -> dict[str, Any]:
        """As the program takes it."""
        grpc = self.door == "grpc"
        endpoint = f"http://{server.otlp_grpc}" if grpc else server.otlp_http
        if not self.by_environment:
            return {"door": self.door, "endpoint": endpoint, "key": self.key, "variables": {}}
        variables = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
            "OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer%20{self.key}",
            "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
        }
        return {"door": self.door, "endpoint": None, "key": None, "variables": variables}


class NodeProgram(NamedTuple):
    """The program, in a folder where it finds its packages."""

    node: str
    folder: Path

    def send(self, server: Server, sendings: Iterable[Sending]) -> list[Any]:
        """Send spans and log records in each of these ways; what the program says of each."""
        environment = {name: value for name, value in os.environ.items() if name[:5] != "OTEL_"}
        told = [sending.told(server) for sending in sendings]
        done = subprocess.run(
            [self.node, "send.mjs", json.dumps(told)],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        said: list[Any] = json.loads(done.stdout)
        return said


def node_program(folder: Path) -> NodeProgram:
    """Put the program into a new folder."""
    node, npm = need("node", "nodejs"), need("npm", "npm")
    unwanted = shutil.ignore_patterns("node_modules")
    shutil.copytree(_SOURCES, folder, ignore=unwanted, dirs_exist_ok=True)
    (folder / "node_modules").symlink_to(_installed(npm) / "node_modules")
    return NodeProgram(node, folder)


def _installed(npm: str) -> Path:
    """The folder of the packages; they are installed once for each package.json."""
    package = (_SOURCES / "package.json").read_bytes()
    home = _CACHE / f"node-clients-{hashlib.sha256(package).hexdigest()[:12]}"
    if home.is_dir():
        return home
    _CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="node-clients-", dir=_CACHE) as made:
        fresh = Path(made) / "fresh"
        fresh.mkdir()
        (fresh / "package.json").write_bytes(package)
        done = subprocess.run(
            [npm, "install", *_INSTALL],
            cwd=fresh,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode != 0:
            lacking(f"npm cannot install the packages of {_SOURCES}: {done.stderr[-2000:]}")
        try:
            fresh.rename(home)
        except OSError:
            assert home.is_dir()  # another test run was faster
    return home
