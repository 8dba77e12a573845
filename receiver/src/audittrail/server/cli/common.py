"""What all commands share."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Final, NoReturn

import httpx
from rich.console import Console

from audittrail.errors import AuditTrailError
from audittrail.server.admin import RemoteOperations
from audittrail.server.core import build_services
from audittrail.server.operations import LocalOperations, Operations
from audittrail.server.settings import Settings, load_settings

__all__ = ["console", "fail", "failures", "operations"]

# The log of a CI server has no width; the 80 that rich takes then fold ids and messages.
_LOG_WIDTH: Final = 200

console = Console(
    highlight=False,
    soft_wrap=True,
    width=None if sys.stdout.isatty() or os.environ.get("COLUMNS") else _LOG_WIDTH,
)


def fail(message: str, status: int = 1) -> NoReturn:
    """Say what was wrong, on standard error, and exit."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]Error:[/red] {message}")
    sys.exit(status)


@contextlib.contextmanager
def failures() -> Iterator[None]:
    """Turns errors that are meant for people into a message and an exit status."""
    try:
        yield
    except AuditTrailError as error:
        from rich.markup import escape

        fail(escape(str(error)))


@contextlib.contextmanager
def operations(settings: Settings | None = None) -> Iterator[Operations]:
    """Operations through the running server if there is one, else on the file itself."""
    settings = settings or load_settings()
    if _answers(settings):
        remote = RemoteOperations(settings.admin_socket)
        try:
            yield remote
        finally:
            remote.close()
        return
    services = build_services(settings)
    try:
        yield LocalOperations(services)
    finally:
        services.pipeline.close()
        services.store.close()


def _answers(settings: Settings) -> bool:
    if not settings.admin_socket.exists():
        return False
    transport = httpx.HTTPTransport(uds=str(settings.admin_socket))
    with httpx.Client(transport=transport, base_url="http://admin", timeout=10) as client:
        try:
            return client.post("/status").is_success
        except httpx.HTTPError:
            return False
