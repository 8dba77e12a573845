"""The wheel, installed where nothing else is, has all that a server needs."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.otlp import new_trace_id, span, traces_request
from tests.support.servers import free_ports

ROOT = Path(__file__).parent.parent.parent
# Building, and installing what a server needs, takes as long as the package index does.
pytestmark = [pytest.mark.wheel, pytest.mark.slow]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a source distribution, so that this is known to be complete too."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "--outdir", folder, ROOT], check=True)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that holds nothing but pip."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=True)
    return folder / "bin"


def _pip(programs: Path, *arguments: str) -> None:
    constraints = str(ROOT / "constraints.txt")
    subprocess.run(
        [programs / "python", "-m", "pip", "install", "--quiet", "-c", constraints, *arguments],
        check=True,
    )


@contextlib.contextmanager
def _served(programs: Path, folder: Path) -> Iterator[tuple[str, str, str]]:
    """``audittrail serve --local`` in an empty folder: addresses of API, OTLP/HTTP, dashboard."""
    api, http, grpc, board = free_ports(4)
    environment = {
        "PATH": os.environ["PATH"],
        "AUDITTRAIL_PORT": str(api),
        "AUDITTRAIL_OTLP_HTTP_PORT": str(http),
        "AUDITTRAIL_OTLP_GRPC_PORT": str(grpc),
        "AUDITTRAIL_DASHBOARD_PORT": str(board),
    }
    process = subprocess.Popen(
        [programs / "audittrail", "serve", "--local"], cwd=folder, env=environment
    )
    try:
        until = time.monotonic() + 60
        while True:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"http://127.0.0.1:{api}/api/v1/ready").is_success:
                    break
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.05)
        yield tuple(f"http://127.0.0.1:{port}" for port in (api, http, board))  # type: ignore[misc]  # three of them
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_nothing_is_left_out(wheel: Path) -> None:
    """Every file below the source roots is in the wheel, and the namespace root has no init."""
    packed = set(zipfile.ZipFile(wheel).namelist())
    kept = {
        str(path.relative_to(root))
        for root in ROOT.glob("*/src")
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert kept - packed == set()
    assert "audittrail/__init__.py" not in packed


def test_the_base_imports_without_a_server(wheel: Path, fresh: Path) -> None:
    """Without extras the client imports, and the command says how to get the server."""
    _pip(fresh, str(wheel))
    subprocess.run([fresh / "python", "-c", "import audittrail.semconv"], check=True)
    said = subprocess.run(
        [fresh / "audittrail", "serve"], capture_output=True, text=True, check=False
    )
    assert said.returncode == 1
    assert "audittrail-otel[server]" in said.stderr
    assert "Traceback" not in said.stderr


def test_it_serves(wheel: Path, fresh: Path, tmp_path: Path) -> None:
    """Installed with the extra, it takes a priced span and shows a dashboard."""
    _pip(fresh, f"{wheel}[server]")
    trace_id = new_trace_id()
    body = traces_request(
        span(
            trace_id,
            attributes={
                "gen_ai.operation.name": "chat",
                "gen_ai.request.model": "gpt-4o-mini",
                "gen_ai.usage.input_tokens": 1000,
            },
        )
    )
    with _served(fresh, tmp_path) as (api, http, board):
        headers = {"content-type": "application/x-protobuf"}
        assert httpx.post(f"{http}/v1/traces", content=body, headers=headers).status_code == 200
        trace = httpx.get(f"{api}/api/v1/traces/{trace_id}").json()["data"]
        assert trace["tokens_in"] == 1000
        assert trace["cost"] > 0
        assert trace["cost_source"] == "estimated"
        page = httpx.get(board, follow_redirects=True)
        assert (page.status_code, page.url.path) == (200, "/traces")
