"""The parts of a server for a command that has the database file to itself.

Each is made, and its libraries are imported, when an operation first asks for it: ``db check``
needs neither prices nor rules, and ``key create`` not even the part of the store that writes spans.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from audittrail.accounts.keys import NewKey, add_key
from audittrail.server.settings import Settings
from audittrail.storage import AccountStore, User

if TYPE_CHECKING:
    from audittrail.rules.enforcement.constitution import Constitution
    from audittrail.rules.enforcement.inspector import Inspector
    from audittrail.rules.pricing import Pricer
    from audittrail.storage.duckdb.store import DuckDBStore

    # A protocol's property is matched by a property alone, as Pyright sees it.
    _made_once = property
else:
    _made_once = cached_property

__all__ = ["OfflineAccounts", "OfflineParts"]


class OfflineAccounts:
    """See ``operations.Accounts``."""

    local_user: str | None = None

    def __init__(self, accounts: AccountStore) -> None:
        self._accounts = accounts

    def register(self, email: str, password: str) -> User:
        from audittrail.accounts.registration import register_user

        return register_user(self._accounts, email, password)

    def find_user(self, email: str) -> User | None:
        return self._accounts.find_user(email.strip())

    def create_key(self, owner: str, name: str, scopes: Sequence[str]) -> NewKey:
        return add_key(self._accounts, owner, name, scopes)


class OfflineParts:
    """See ``operations.Parts``. Raises DatabaseInUse, where the file is opened first, if another
    process has it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @_made_once
    def store(self) -> DuckDBStore:
        from audittrail.storage.duckdb.database import DuckDBOptions
        from audittrail.storage.duckdb.store import DuckDBStore

        return DuckDBStore(
            self._settings.database_path,
            DuckDBOptions(memory_limit_mib=self._settings.db_memory_mib),
            max_queued_bytes=self._settings.max_queue_bytes,
        )

    @_made_once
    def accounts(self) -> OfflineAccounts:
        return OfflineAccounts(self.store.accounts)

    @_made_once
    def pricer(self) -> Pricer:
        from audittrail.rules.pricing import Pricer

        return Pricer(self._settings.rules_path)

    @_made_once
    def constitution(self) -> Constitution:
        from audittrail.rules.enforcement.constitution import Constitution

        return Constitution(self._settings.rules_path, self.store.accounts)

    @_made_once
    def inspector(self) -> Inspector:
        from audittrail.receiver.judged_texts import judged_texts
        from audittrail.rules.alerting import Dispatcher
        from audittrail.rules.enforcement.inspector import Inspector

        # Alerts are written down here, and sent by the next server that runs.
        alerts = Dispatcher(
            self.store.alerts,
            allow_private=self._settings.alert_private_hosts,
            dashboard_url=self._settings.dashboard_url,
        )
        return Inspector(
            self.store,
            self.constitution,
            idle_ns=round(self._settings.idle_minutes * 60 * 1e9),
            texts=judged_texts,
            opened=alerts.opened,
        )

    def close(self) -> None:
        """Close what was opened."""
        if "store" in self.__dict__:
            self.store.close()
