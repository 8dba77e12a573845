"""The dashboard as a process of its own, against the API of a server."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator

import httpx

from tests.support.servers import AUDITTRAIL, Server, free_ports


@contextlib.contextmanager
def running_dashboard(server: Server) -> Iterator[str]:
    """Its URL, once it answers."""
    [port] = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    own = {"AUDITTRAIL_DASHBOARD_PORT": str(port), "AUDITTRAIL_API_URL": server.api}
    with subprocess.Popen(
        [AUDITTRAIL, "dashboard"],
        env={**os.environ, **server.environment, **own},
        cwd=server.folder,
        stdout=subprocess.DEVNULL,
    ) as process:
        try:
            _wait_for(url, process)
            yield url
        finally:
            process.terminate()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}/health", timeout=2).is_success:
                return
        time.sleep(0.05)
    raise RuntimeError("the dashboard did not start")
