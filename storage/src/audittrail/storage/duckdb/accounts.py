"""Users and API keys in the DuckDB file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

import duckdb

from audittrail.errors import Conflict
from audittrail.storage.duckdb.database import Database, roll_back
from audittrail.storage.interface import ApiKey, User

if TYPE_CHECKING:
    from audittrail.storage.duckdb.rollups import RollupCache

__all__ = ["AccountsFile", "DuckDBAccounts"]

T = TypeVar("T")


class _Executor(Protocol):
    """What runs operations one after the other: the writer, or the file of a command."""

    def execute(
        self, operation: Callable[[duckdb.DuckDBPyConnection, RollupCache], T]
    ) -> Future[T]: ...


class DuckDBAccounts:
    """See ``interface.AccountStore``. Changes go through the writer, one after the other, so
    that checking and writing are one step."""

    def __init__(self, database: Database, writer: _Executor) -> None:
        self._database = database
        self._queries = database.queries
        self._writer = writer

    def add_user(self, user: User) -> None:
        def add(cursor: duckdb.DuckDBPyConnection, _: RollupCache) -> None:
            taken = cursor.execute(self._queries.find_user, {"email": user.email}).fetchone()
            if taken is not None:
                raise Conflict("This e-mail address is registered already.", field="email")
            cursor.execute(self._queries.add_user, user._asdict())

        self._writer.execute(add).result()

    def find_user(self, email: str) -> User | None:
        return self._user(self._queries.find_user, email=email)

    def get_user(self, user_id: str) -> User | None:
        return self._user(self._queries.get_user, id=user_id)

    def _user(self, sql: str, **values: Any) -> User | None:
        with self._database.cursor() as cursor:
            row = cursor.execute(sql, values).fetchone()
        return User._make(row) if row else None

    def count_users(self) -> int:
        with self._database.cursor() as cursor:
            row = cursor.execute(self._queries.count_users).fetchone()
        return int(row[0]) if row else 0

    def add_key(self, key: ApiKey) -> None:
        def add(cursor: duckdb.DuckDBPyConnection, _: RollupCache) -> None:
            cursor.execute(self._queries.add_key, key._asdict() | {"scopes": list(key.scopes)})

        self._writer.execute(add).result()

    def list_keys(self, owner: str | None = None) -> Sequence[ApiKey]:
        with self._database.cursor() as cursor:
            rows = cursor.execute(self._queries.list_keys, {"owner": owner}).fetchall()
        return [ApiKey._make(row) for row in rows]

    def delete_key(self, owner: str, key_id: str) -> bool:
        def delete(cursor: duckdb.DuckDBPyConnection, _: RollupCache) -> bool:
            values = {"owner": owner, "id": key_id}
            row = cursor.execute(self._queries.delete_key, values).fetchone()
            return bool(row and row[0])

        return self._writer.execute(delete).result()

    def note_key_use(self, used_ns: Mapping[str, int]) -> None:
        if not used_ns:
            return
        import pyarrow as pa  # 0.2 s of CPU, which commands that never come here do not pay

        table = pa.table(
            {
                "id": pa.array(list(used_ns), pa.string()),
                "used_ns": pa.array(list(used_ns.values()), pa.int64()),
            }
        )

        def note(cursor: duckdb.DuckDBPyConnection, _: RollupCache) -> None:
            cursor.register("incoming", table)
            try:
                cursor.execute(self._queries.note_key_use)
            finally:
                cursor.unregister("incoming")

        self._writer.execute(note).result()

    def setting(self, owner: str, name: str) -> str | None:
        with self._database.cursor() as cursor:
            values = {"owner": owner, "name": name}
            row = cursor.execute(self._queries.get_setting, values).fetchone()
        return row[0] if row else None

    def set_setting(self, owner: str, name: str, value: str | None) -> None:
        def put(cursor: duckdb.DuckDBPyConnection, _: RollupCache) -> None:
            which = {"owner": owner, "name": name}
            cursor.execute(self._queries.delete_setting, which)
            if value is not None:
                cursor.execute(self._queries.add_setting, {**which, "value": value})

        self._writer.execute(put).result()

    def owners_with(self, name: str) -> Mapping[str, str]:
        with self._database.cursor() as cursor:
            rows = cursor.execute(self._queries.owners_with_setting, {"name": name}).fetchall()
        return dict(rows)


class AccountsFile:
    """The accounts of a file that no server has open, without the parts that store spans.

    Raises DatabaseInUse if another process has the file. Closed at the end of a ``with`` block.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path, with_functions=False)
        self.accounts = DuckDBAccounts(self._database, self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def execute(self, operation: Callable[[duckdb.DuckDBPyConnection, Any], T]) -> Future[T]:
        """Run an operation in a transaction of its own, here and now."""
        done: Future[T] = Future()
        with self._database.cursor() as cursor:
            cursor.begin()
            try:
                result = operation(cursor, None)
                cursor.commit()
            except BaseException:
                roll_back(cursor)
                raise
        done.set_result(result)
        return done
