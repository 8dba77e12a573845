"""What a failure of the database means: whose fault it is, and what helps."""

from __future__ import annotations

import enum
from typing import Final

import duckdb

__all__ = ["Fault", "fault_of", "lacks_memory", "says_invalid"]


class Fault(enum.Enum):
    """Whose fault a failure is."""

    DATA = "what was to be stored, or read"
    PASSING = "the store; a new transaction may succeed"
    GAVE_UP = "the store; nothing succeeds until the file is opened anew"


_GAVE_UP: Final = (duckdb.FatalException, duckdb.InternalException, duckdb.ConnectionException)
_PASSING: Final = (
    duckdb.OperationalError,
    duckdb.InterruptException,
    duckdb.PermissionException,
    MemoryError,
    OSError,
)
_SIGN_OF_INVALIDITY: Final = "has been invalidated"
_SIGNS_OF_NEED: Final = ("failed to pin block", "failed to allocate", "could not allocate block")


def fault_of(error: BaseException) -> Fault:
    """Whose fault it is if DuckDB, or the preparation of what it is given, fails so."""
    if isinstance(error, _GAVE_UP) or says_invalid(error):
        return Fault.GAVE_UP
    return Fault.PASSING if isinstance(error, _PASSING) else Fault.DATA


def says_invalid(error: BaseException) -> bool:
    """Whether DuckDB said that it refuses everything from now on, not only this."""
    return isinstance(error, duckdb.FatalException) or (
        isinstance(error, duckdb.Error) and _SIGN_OF_INVALIDITY in str(error)
    )


def lacks_memory(error: BaseException) -> bool:
    """Whether DuckDB failed for want of memory, also where it says so of an earlier failure."""
    if isinstance(error, duckdb.OutOfMemoryException):
        return True
    return isinstance(error, duckdb.Error) and any(sign in str(error) for sign in _SIGNS_OF_NEED)
