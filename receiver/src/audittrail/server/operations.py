"""What an operator does with a server's data, whether the server runs or not.

``LocalOperations`` works on an open store; ``admin`` offers the same through a socket, because
only one process can have the database open.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from audittrail.api import Services
from audittrail.errors import NotFound, SettingsError
from audittrail.receiver.remapping import Remapping

__all__ = ["LocalOperations", "Operations", "Progress"]


class Progress(NamedTuple):
    """How far a long operation is."""

    done: int
    total: int
    changed: int


class Operations(Protocol):
    """Each answer is plain JSON. Errors are those of ``audittrail.errors``."""

    def add_user(self, email: str, password: str) -> dict[str, Any]: ...

    def create_key(self, email: str | None, name: str, scopes: list[str]) -> dict[str, Any]:
        """A key for a user; for the local user if ``email`` is None and there is one."""
        ...

    def backup(self, target: Path) -> dict[str, Any]: ...

    def check(self) -> dict[str, Any]: ...

    def status(self) -> dict[str, Any]: ...

    def reprice(self) -> Iterator[Progress]:
        """Raises SettingsError if the pricing file has a mistake in it."""
        ...

    def remap(self) -> Iterator[Progress]:
        """Raises SettingsError if the pricing file has a mistake in it."""
        ...

    def apply_rules(self, since_ns: int, email: str | None) -> Iterator[Progress]:
        """Judge what began since then, of one user or of all."""
        ...


class LocalOperations:
    """On the store of this process."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def add_user(self, email: str, password: str) -> dict[str, Any]:
        user = self._services.accounts.register(email, password)
        return {"id": user.id, "email": user.email}

    def create_key(self, email: str | None, name: str, scopes: list[str]) -> dict[str, Any]:
        accounts = self._services.accounts
        if email is None:
            if accounts.local_user is None:
                raise NotFound("Whose key? Say --user EMAIL.")
            owner = accounts.local_user
        else:
            user = accounts.find_user(email)
            if user is None:
                raise NotFound(f"There is no user {email}. Add one: audittrail user add {email}")
            owner = user.id
        made = accounts.create_key(owner, name, scopes)
        return {
            "id": made.key.id,
            "name": made.key.name,
            "scopes": list(made.key.scopes),
            "secret": made.secret,
        }

    def backup(self, target: Path) -> dict[str, Any]:
        size = self._services.store.maintenance.backup(target)
        return {"file": str(target), "bytes": size}

    def check(self) -> dict[str, Any]:
        report = self._services.store.maintenance.check()
        return {
            "traces": report.traces,
            "spans": report.spans,
            "versions": report.versions,
            "logs": report.logs,
            "problems": report.problems,
        }

    def status(self) -> dict[str, Any]:
        return self._services.store.maintenance.status()._asdict()

    def reprice(self) -> Iterator[Progress]:
        self._check_prices()
        for step in self._services.store.maintenance.reprice(self._services.pricer):
            yield Progress(*step)

    def remap(self) -> Iterator[Progress]:
        self._check_prices()
        mapper = Remapping(self._services.pricer)
        for step in self._services.store.maintenance.remap(mapper):
            yield Progress(*step)

    def apply_rules(self, since_ns: int, email: str | None) -> Iterator[Progress]:
        owner = None
        if email is not None:
            user = self._services.accounts.find_user(email)
            if user is None:
                raise NotFound(f"There is no user {email}.")
            owner = user.id
        self._services.constitution.refresh()
        for step in self._services.inspector.apply(owner, since_ns):
            yield Progress(*step)

    def _check_prices(self) -> None:
        self._services.pricer.refresh()
        if self._services.pricer.problem is not None:
            raise SettingsError(self._services.pricer.problem)
