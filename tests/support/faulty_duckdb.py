"""A DuckDB whose calls fail when a test wants it."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import duckdb
import pyarrow as pa

__all__ = ["POISON", "FaultyDuckDB", "Plan"]

# A row with this text in one of its columns is refused, as if by a constraint.
POISON: Final = "poison"

_WATCHED: Final = frozenset(
    {"begin", "commit", "cursor", "execute", "register", "rollback", "unregister"}
    | {"fetchall", "fetchmany", "fetchone", "fetch_arrow_table", "fetch_record_batch"}
)


@dataclass
class Plan:
    """Fail calls of the writer's threads.

    Attributes:
        error: What they raise.
        after: How many calls succeed first.
        times: How many fail, one after the other.
        works: Whether they do their work all the same, and fail then.
        call: The only kind of call that counts; any if None.
        readers: Whether calls of other threads count, instead of the writer's.
    """

    error: Callable[[], BaseException]
    after: int = 0
    times: int = 1
    works: bool = False
    call: str | None = None
    readers: bool = False


class FaultyDuckDB:
    """Stands in the place of ``duckdb.connect``."""

    def __init__(self) -> None:
        self._connect = duckdb.connect
        self._lock = threading.RLock()
        self._plan: Plan | None = None
        self._going = threading.Condition(self._lock)
        self._in_calls = 0
        self._halted = False
        self.failed: list[str] = []

    def connect(self, *values: Any, **options: Any) -> Any:
        with self._call("connect") as call:
            call.check()
            return _Connection(self, _Generation(), self._connect(*values, **options))

    def plan(self, plan: Plan | None) -> None:
        """What fails from now on, instead of what was planned before."""
        with self._lock:
            self._plan = plan

    @contextlib.contextmanager
    def halted(self) -> Iterator[None]:
        """No call is under way, nor begins: what a file is left with by ``kill -9``."""
        with self._going:
            self._halted = True
            self._going.wait_for(lambda: self._in_calls == 0)
        try:
            yield
        finally:
            with self._going:
                self._halted = False
                self._going.notify_all()

    @contextlib.contextmanager
    def _call(self, name: str) -> Iterator[_Call]:
        with self._going:
            self._going.wait_for(lambda: not self._halted)
            self._in_calls += 1
            error, works = self._draw(name)
        try:
            yield _Call(error, works=works)
        finally:
            with self._going:
                self._in_calls -= 1
                self._going.notify_all()

    def _draw(self, name: str) -> tuple[BaseException | None, bool]:
        plan = self._plan
        writes = threading.current_thread().name.startswith("audittrail-")
        if plan is None or writes == plan.readers or plan.call not in (None, name):
            return None, False
        if plan.after > 0:
            plan.after -= 1
            return None, False
        plan.times -= 1
        if plan.times <= 0:
            self._plan = None
        error = plan.error()
        self.failed.append(f"{name} {'did its work, ' if plan.works else ''}{error!r}")
        return error, plan.works


class _Call:
    def __init__(self, error: BaseException | None, *, works: bool) -> None:
        self.error = error
        self.works = works

    def check(self) -> None:
        if self.error is not None:
            raise self.error


class _Generation:
    """From one opening of the file to the next. After a fatal error all of it is invalid."""

    def __init__(self) -> None:
        self.invalid: BaseException | None = None


class _Connection:
    def __init__(self, faulty: FaultyDuckDB, generation: _Generation, real: Any) -> None:
        self._faulty = faulty
        self._generation = generation
        self._real = real
        self._registered: pa.Table | None = None

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if name not in _WATCHED:
            return found

        def call(*values: Any, **options: Any) -> Any:
            # DuckDB finds tables by the names of the caller's variables.
            incoming = sys._getframe(1).f_locals.get("incoming")
            return self._do(name, found, values, options, incoming)

        return call

    def _do(
        self,
        name: str,
        found: Any,
        values: tuple[Any, ...],
        options: dict[str, Any],
        incoming: pa.Table | None,
    ) -> Any:
        kind = name
        if name == "execute" and "CHECKPOINT" in str(values[0]):
            kind = "checkpoint"
        elif name.startswith("fetch"):
            kind = "fetch"
        with self._faulty._call(kind) as call:
            if self._generation.invalid is not None:
                raise duckdb.FatalException(
                    "FATAL Error: Failed: database has been invalidated because of a previous "
                    f"fatal error: {self._generation.invalid}"
                )
            if call.error is not None:
                if call.works:
                    found(*values, **options)
                if isinstance(call.error, duckdb.FatalException):
                    self._generation.invalid = call.error
                call.check()
            if name == "register" and values[0] == "incoming":
                self._registered = values[1]
            table = self._registered if incoming is None else incoming
            if name == "execute" and "incoming" in str(values[0]) and _is_poisoned(table):
                raise duckdb.ConstraintException("Constraint Error: the row is poisoned")
            result = found(*values, **options)
        if name == "cursor":
            return _Connection(self._faulty, self._generation, result)
        return self if result is self._real else result


def _is_poisoned(table: pa.Table | None) -> bool:
    """Whether a row is to be refused."""
    return table is not None and any(
        POISON in table.column(name).to_pylist()
        for name in ("name", "body")
        if name in table.column_names
    )
