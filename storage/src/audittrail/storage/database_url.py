"""The address of a database file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from audittrail.errors import SettingsError

__all__ = ["path_of"]

_PREFIX: Final = "duckdb:///"


def path_of(url: str) -> Path:
    """The file of a ``duckdb:///path`` URL: three slashes and a relative path, or four and an
    absolute one. Raises SettingsError for anything else."""
    if not url.startswith(_PREFIX) or len(url) == len(_PREFIX):
        raise SettingsError(
            f"DATABASE_URL is {url!r}; it should look like duckdb:///./data/audittrail.duckdb "
            "(relative) or duckdb:////var/lib/audittrail/audittrail.duckdb (absolute)."
        )
    return Path(url.removeprefix(_PREFIX))
