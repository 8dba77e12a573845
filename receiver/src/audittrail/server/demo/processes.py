"""The demonstration's server and agent: processes of their own, which end with it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

import httpx

from audittrail.errors import SettingsError, Unavailable
from audittrail.server.demo.live_agent import LiveAgent, script_folder
from audittrail.server.demo.ports import HOST, Ports

__all__ = ["agent", "played_model", "server", "server_ended"]

_START_SECONDS: Final = 60
_STOP_SECONDS: Final = 30
_POLL_SECONDS: Final = 0.05
_LAST_LINES: Final = 12

# -P keeps the working directory, which may hold anything, from being imported from. Groups of
# their own keep a Ctrl-C from reaching the processes before they are stopped in order.
_PYTHON: Final = (sys.executable, "-P")


@contextlib.asynccontextmanager
async def played_model() -> AsyncIterator[str | None]:
    """The base URL of an endpoint where a script plays the model; None where the agent that it is
    for cannot run."""
    folder = script_folder()
    if folder is None:
        yield None
        return
    process = await asyncio.create_subprocess_exec(
        *_PYTHON,
        "-m",
        "audittrail.server.demo.played_model",
        str(folder),
        stdout=PIPE,
        stderr=DEVNULL,
        process_group=0,
    )
    try:
        assert process.stdout is not None
        said = (await process.stdout.readline()).decode().strip()
        yield said or None
    finally:
        await _stop(process)


@contextlib.asynccontextmanager
async def server(data_dir: Path, ports: Ports, model: str | None) -> AsyncIterator[Process]:
    """A server in local mode that answers; stopped at the end, with all that it has taken stored.
    Its ablations ask ``model``, a base URL, and nothing that the environment names.

    Raises SettingsError, with the last lines of its log, if it does not start.
    """
    folder = _prepared(data_dir)
    log = folder / "server.log"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    environment = {
        **kept,
        "AUDITTRAIL_DATA_DIR": str(folder),
        # A database of its own, whatever the environment says of another.
        "DATABASE_URL": f"duckdb:///{folder / 'audittrail.duckdb'}",
        # Nobody logs in, so the key need not outlive the process.
        "AUDITTRAIL_SECRET_KEY": secrets.token_urlsafe(48),
    }
    if model is not None:
        environment["OPENAI_BASE_URL"] = model
    options = {
        "--host": HOST,
        "--port": ports.api,
        "--otlp-http-port": ports.otlp_http,
        "--otlp-grpc-port": ports.otlp_grpc,
        "--dashboard-port": ports.dashboard,
    }
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *_PYTHON,
            "-c",
            "from audittrail.command import main; main()",
            "serve",
            "--local",
            *(str(each) for pair in options.items() for each in pair),
            env=environment,
            stdout=output,
            stderr=STDOUT,
            process_group=0,
        )
    try:
        await _wait_until_it_answers(process, ports, log)
        yield process
    finally:
        await _stop(process)


def _prepared(data_dir: Path) -> Path:
    folder = data_dir.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"{folder} cannot be made ({error.strerror}).") from None
    return folder


async def _wait_until_it_answers(process: Process, ports: Ports, log: Path) -> None:
    url = f"http://{HOST}:{ports.api}/api/v1/health"
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        for _ in range(round(_START_SECONDS / _POLL_SECONDS)):
            if process.returncode is not None:
                raise SettingsError(f"The server did not start:\n{_last_lines(log)}")
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get(url)).is_success:
                    return
            await asyncio.sleep(_POLL_SECONDS)
    raise SettingsError(f"The server does not answer at {url}:\n{_last_lines(log)}")


async def server_ended(process: Process, data_dir: Path, seconds: float) -> None:
    """Returns after so many seconds; raises Unavailable if the server ends before."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), seconds)
        last = _last_lines(data_dir / "server.log")
        raise Unavailable(f"The server ended by itself:\n{last}")


async def agent(chosen: LiveAgent, *, say: Callable[[str], None]) -> bool:
    """Run the agent once, passing on its lines; whether everything was sent."""
    process = await asyncio.create_subprocess_exec(
        *chosen.command,
        env=chosen.environment,
        stdout=PIPE,
        stderr=STDOUT,
        process_group=0,
    )
    try:
        assert process.stdout is not None
        async for line in process.stdout:
            say(line.decode("utf-8", "replace").rstrip())
        return await process.wait() == 0
    finally:
        await _stop(process)


async def _stop(process: Process) -> None:
    """SIGTERM, and SIGKILL if it takes too long or somebody is impatient."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _STOP_SECONDS)
    except (TimeoutError, asyncio.CancelledError):
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise


def _last_lines(log: Path) -> str:
    try:
        return "\n".join(log.read_text("utf-8", "replace").splitlines()[-_LAST_LINES:])
    except OSError as error:
        return f"(no log: {error.strerror})"
