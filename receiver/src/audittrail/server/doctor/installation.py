"""The server's folder, where the doctor runs beside it."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from audittrail.errors import AuditTrailError
from audittrail.server.doctor.check import Check, failed, ok, warning
from audittrail.server.doctor.examination import Examination
from audittrail.server.settings import DEFAULT_SECRET_KEY, Settings, is_loopback

__all__ = [
    "check_data_folder",
    "check_database",
    "check_disk",
    "check_secret_key",
    "check_settings",
]

_FULL: Final = 200 * 2**20
_NEARLY_FULL: Final = 2 * 2**30
_NEW_SECRET: Final = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"  # noqa: S105 - how to make one


def check_settings(exam: Examination) -> Iterator[Check]:
    """The settings can be read at all."""
    if exam.target.settings_problem is not None:
        yield warning(
            "Settings",
            exam.target.settings_problem,
            "A server started in this environment refuses to start: correct or unset the variable.",
        )


def check_data_folder(exam: Examination) -> Iterator[Check]:
    """The server can write where its data lives."""
    settings = _beside(exam)
    if settings is None:
        return
    folder = settings.database_path.parent
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"audittrail")
    except OSError as error:
        yield failed(
            "Data folder",
            f"{folder} cannot be written to: {error.strerror}.",
            "Give the user that the server runs as the right to write there, or choose another "
            "folder with AUDITTRAIL_DATA_DIR.",
        )
    else:
        yield ok("Data folder", f"{folder.absolute()} can be written to.")


def check_disk(exam: Examination) -> Iterator[Check]:
    """There is room for more."""
    settings = _beside(exam)
    if settings is None:
        return
    folder = settings.database_path.parent
    free = shutil.disk_usage(folder).free
    found = f"{_size(free)} left where {folder.absolute()} is."
    remedy = "Delete what is not needed there, or move the data folder (AUDITTRAIL_DATA_DIR)."
    if free < _FULL:
        yield failed("Disk", found, remedy)
    elif free < _NEARLY_FULL:
        yield warning("Disk", found, remedy)
    else:
        yield ok("Disk", found)


def check_database(exam: Examination) -> Iterator[Check]:
    """How large the database is."""
    settings = _beside(exam)
    if settings is None:
        return
    path = settings.database_path
    if not path.is_file():
        yield warning(
            "Database",
            f"There is no file {path.absolute()}.",
            "A server that runs has its database elsewhere. Run this in the server's folder, or "
            "with its AUDITTRAIL_DATA_DIR or DATABASE_URL.",
        )
        return
    log = path.with_name(path.name + ".wal")
    waiting = f", and {_size(log.stat().st_size)} not yet merged into it" if log.is_file() else ""
    yield ok("Database", f"{path.absolute()}: {_size(path.stat().st_size)}{waiting}.")


def check_secret_key(exam: Examination) -> Iterator[Check]:
    """Nobody else can sign access tokens."""
    settings = _beside(exam)
    if settings is None:
        return
    title = "Secret key"
    remedy = f"Set AUDITTRAIL_SECRET_KEY to the output of: {_NEW_SECRET}"
    if settings.secret_key.get_secret_value() not in ("", DEFAULT_SECRET_KEY):
        yield ok(title, "AUDITTRAIL_SECRET_KEY is set.")
    elif settings.debug:
        yield warning(title, "It has its default value, as debugging allows.", remedy)
    elif "secret_key" in settings.model_fields_set or not is_loopback(settings.host):
        yield failed(title, "It has its default value; a server refuses to start with it.", remedy)
    else:
        yield _kept(settings.data_dir / "secret_key")


def _kept(path: Path) -> Check:
    title = "Secret key"
    if not path.is_file():
        return ok(title, "Not set; a server on loopback makes one when it starts.")
    if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return warning(title, f"Others can read {path.absolute()}.", f"chmod 600 {path.absolute()}")
    return ok(title, f"A random one, kept in {path.absolute()}.")


def _beside(exam: Examination) -> Settings | None:
    """The settings, if the server is on this machine and its folder is where they say."""
    target = exam.target
    if target.settings is None or target.api is None or not target.api.loopback:
        return None
    try:
        folder = target.settings.database_path.parent
        return target.settings if folder.is_dir() else None
    except (AuditTrailError, OSError):
        return None


def _size(count: float) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if count < 1024:
            return f"{count:,.0f} {unit}"
        count /= 1024
    return f"{count:,.1f} GiB"
