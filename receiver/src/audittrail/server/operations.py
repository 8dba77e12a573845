"""What an operator does with a server's data, whether the server runs or not.

``LocalOperations`` works on an open store; ``admin`` offers the same through a socket, because
only one process can have the database open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from audittrail.errors import NotFound, SettingsError

if TYPE_CHECKING:
    from audittrail.accounts.keys import NewKey
    from audittrail.rules.enforcement.constitution import Constitution
    from audittrail.rules.enforcement.inspector import Inspector
    from audittrail.rules.pricing import Pricer
    from audittrail.storage import Store, User

__all__ = [
    "ERROR_STATUS",
    "AccountOperations",
    "Accounts",
    "LocalAccountOperations",
    "LocalOperations",
    "Operations",
    "Parts",
    "Progress",
]

# Of answers through the socket that hold an error meant for people.
ERROR_STATUS: Final = 422


class Progress(NamedTuple):
    """How far a long operation is."""

    done: int
    total: int
    changed: int


class Accounts(Protocol):
    """What operations need of accounts: those of a server, or of a file."""

    @property
    def local_user(self) -> str | None: ...

    def register(self, email: str, password: str) -> User: ...

    def find_user(self, email: str) -> User | None: ...

    def create_key(self, owner: str, name: str, scopes: Sequence[str]) -> NewKey: ...


class Parts(Protocol):
    """What operations work on: the parts of a running server, or of a file."""

    @property
    def accounts(self) -> Accounts: ...

    @property
    def store(self) -> Store: ...

    @property
    def pricer(self) -> Pricer: ...

    @property
    def constitution(self) -> Constitution: ...

    @property
    def inspector(self) -> Inspector: ...


class AccountOperations(Protocol):
    """Each answer is plain JSON. Errors are those of ``audittrail.errors``."""

    def add_user(self, email: str, password: str) -> dict[str, Any]: ...

    def create_key(self, email: str | None, name: str, scopes: list[str]) -> dict[str, Any]:
        """A key for a user; for the local user if ``email`` is None and there is one."""
        ...


class Operations(AccountOperations, Protocol):
    """Accounts, and everything else that is done with the data."""

    def backup(self, target: Path) -> dict[str, Any]: ...

    def check(self) -> dict[str, Any]: ...

    def status(self) -> dict[str, Any]: ...

    def compact(self) -> Iterator[Progress]:
        """Rows copied; what changed are the bytes given back. Raises SettingsError without room."""
        ...

    def reprice(self) -> Iterator[Progress]:
        """Raises SettingsError if the pricing file has a mistake in it."""
        ...

    def remap(self) -> Iterator[Progress]:
        """Raises SettingsError if the pricing file has a mistake in it."""
        ...

    def apply_rules(self, since_ns: int, email: str | None) -> Iterator[Progress]:
        """Judge what began since then, of one user or of all."""
        ...


class LocalAccountOperations:
    """On the accounts of this process."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def add_user(self, email: str, password: str) -> dict[str, Any]:
        user = self._accounts.register(email, password)
        return {"id": user.id, "email": user.email}

    def create_key(self, email: str | None, name: str, scopes: list[str]) -> dict[str, Any]:
        accounts = self._accounts
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


class LocalOperations(LocalAccountOperations):
    """On the store of this process."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.accounts)
        self._parts = parts

    def backup(self, target: Path) -> dict[str, Any]:
        size = self._parts.store.maintenance.backup(target)
        return {"file": str(target), "bytes": size}

    def check(self) -> dict[str, Any]:
        report = self._parts.store.maintenance.check()
        return {
            "traces": report.traces,
            "spans": report.spans,
            "versions": report.versions,
            "logs": report.logs,
            "problems": report.problems,
        }

    def status(self) -> dict[str, Any]:
        return self._parts.store.maintenance.status()._asdict()

    def compact(self) -> Iterator[Progress]:
        for step in self._parts.store.maintenance.compact():
            yield Progress(*step)

    def reprice(self) -> Iterator[Progress]:
        self._check_prices()
        for step in self._parts.store.maintenance.reprice(self._parts.pricer):
            yield Progress(*step)

    def remap(self) -> Iterator[Progress]:
        from audittrail.receiver.remapping import Remapping

        self._check_prices()
        mapper = Remapping(self._parts.pricer)
        for step in self._parts.store.maintenance.remap(mapper):
            yield Progress(*step)

    def apply_rules(self, since_ns: int, email: str | None) -> Iterator[Progress]:
        owner = None
        if email is not None:
            user = self._accounts.find_user(email)
            if user is None:
                raise NotFound(f"There is no user {email}.")
            owner = user.id
        self._parts.constitution.refresh()
        for step in self._parts.inspector.apply(owner, since_ns):
            yield Progress(*step)

    def _check_prices(self) -> None:
        self._parts.pricer.refresh()
        if self._parts.pricer.problem is not None:
            raise SettingsError(self._parts.pricer.problem)
