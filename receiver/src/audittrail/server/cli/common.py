"""What all commands share.

Modules of this package import Typer, Rich and what options need for their types. What a command
does is imported when it runs: ``audittrail --help`` imports no database, no server and no HTTP
client (``tests/server/test_imports.py``).
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NoReturn

from rich.console import Console
from rich.markup import escape

from audittrail.errors import AuditTrailError

if TYPE_CHECKING:
    from audittrail.server.operations import AccountOperations, Operations
    from audittrail.server.remote import RemoteOperations
    from audittrail.server.settings import Settings

__all__ = ["account_operations", "console", "fail", "failures", "operations"]

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
        fail(escape(str(error)))


@contextlib.contextmanager
def operations() -> Iterator[Operations]:
    """Operations through the running server if there is one, else on the file itself."""
    from audittrail.server.offline import OfflineParts
    from audittrail.server.operations import LocalOperations
    from audittrail.server.settings import load_settings

    settings = load_settings()
    with _remote(settings) as remote:
        if remote is not None:
            yield remote
            return
    parts = OfflineParts(settings)
    try:
        yield LocalOperations(parts)
    finally:
        parts.close()


@contextlib.contextmanager
def account_operations() -> Iterator[AccountOperations]:
    """The same for accounts alone, which takes less of the database and of the imports."""
    from audittrail.server.settings import load_settings

    settings = load_settings()
    with _remote(settings) as remote:
        if remote is not None:
            yield remote
            return
    from audittrail.server.offline import OfflineAccounts
    from audittrail.server.operations import LocalAccountOperations
    from audittrail.storage.duckdb.accounts import AccountsFile

    with AccountsFile(settings.database_path) as file:
        yield LocalAccountOperations(OfflineAccounts(file.accounts))


@contextlib.contextmanager
def _remote(settings: Settings) -> Iterator[RemoteOperations | None]:
    """The operations of the server that runs on these settings; None if there is none."""
    if not settings.admin_socket.exists():
        yield None
        return
    from audittrail.server.remote import RemoteOperations

    remote = RemoteOperations(settings.admin_socket)
    try:
        yield remote if remote.answers() else None
    finally:
        remote.close()
