"""``audittrail db``."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from audittrail.errors import AuditTrailError, NotFound, SettingsError
from audittrail.server.cli.anew import followed
from audittrail.server.cli.common import console, failures, operations
from audittrail.server.cli.groups import command_group

__all__ = ["register", "restore"]


def register(app: typer.Typer) -> None:
    db = command_group(help="The database file.")
    app.add_typer(db, name="db")

    @db.command("check")
    def check() -> None:
        """Read every value and compare every summary with its spans. Works while the server runs.

        Exits with 1 if anything is wrong.
        """
        with failures(), console.status("Reading everything ..."), operations() as operator:
            report = operator.check()
        console.print(
            f"{report['traces']:,} traces, {report['spans']:,} spans in {report['versions']:,} "
            f"versions, {report['logs']:,} log records."
        )
        for problem in report["problems"]:
            console.print(f"[red]- {escape(problem)}[/red]")
        if report["problems"]:
            console.print("Restore a backup (audittrail db restore), or report this as a bug.")
            raise typer.Exit(1)
        console.print("[green]No problem found.[/green]")

    @db.command("backup")
    def backup(
        file: Annotated[Path, typer.Argument(help="Where to; must not exist yet.")],
    ) -> None:
        """Write a consistent copy of the database. Works while the server runs and stores."""
        with failures(), console.status("Copying ..."), operations() as operator:
            done = operator.backup(file)
        console.print(f"{escape(done['file'])}: {done['bytes'] / 2**20:,.1f} MiB.")

    @db.command("compact")
    def compact() -> None:
        """Give the space of deleted traces back to the disk, by writing the file anew.

        DuckDB uses that space again, but gives none of it back by itself. Works while the server
        runs: readers go on, and spans that come meanwhile wait, or are sent again by their
        exporters if it takes long (about 10 s a GB). Needs room on the disk for the copy, which
        is compared with the file before it takes its place.
        """
        with failures(), operations() as operator:
            before = operator.status()["file_bytes"]
            followed("Copying", operator.compact())
            after = operator.status()["file_bytes"]
        console.print(f"{before / 2**20:,.1f} MiB before, {after / 2**20:,.1f} MiB now.")

    @db.command("restore")
    def restore_command(
        file: Annotated[Path, typer.Argument(help="A file that audittrail db backup wrote.")],
        yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    ) -> None:
        """Put a backup in place of the database; the present one is kept beside it.

        Stop the server first.
        """
        from audittrail.server.settings import load_settings

        with failures():
            settings = load_settings()
            target = settings.database_path
            if not yes and target.exists():
                typer.confirm(f"Replace {target} by {file}?", abort=True)
            kept = restore(file, target)
        if kept is not None:
            console.print(f"The database before is {escape(str(kept))}.")
        console.print(f"[green]Restored {escape(str(target))}.[/green]")


def restore(backup: Path, target: Path) -> Path | None:
    """Replace ``target`` by a copy of ``backup``, which is checked first; returns where the file
    that stood there before is kept. Raises NotFound, SettingsError (DatabaseInUse among them)."""
    if not backup.is_file():
        raise NotFound(f"There is no file {backup}.")
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(target.name + ".restoring")
    fresh.unlink(missing_ok=True)
    shutil.copyfile(backup, fresh)
    try:
        problem = _problem(fresh)
        if problem:
            said = problem.replace(str(fresh), str(backup))
            raise SettingsError(f"{backup} was not restored. {said}")
        kept = _set_aside(target)
        fresh.rename(target)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)
    return kept


def _problem(file: Path) -> str | None:
    """Why a file cannot be used; None if all of it is well."""
    from audittrail.storage.duckdb.store import DuckDBStore

    try:
        store = DuckDBStore(file)
        try:
            return next(iter(store.maintenance.check().problems), None)
        finally:
            store.close()
    except AuditTrailError as error:
        return str(error)


def _set_aside(target: Path) -> Path | None:
    from audittrail.storage.duckdb.database import DatabaseInUse
    from audittrail.storage.duckdb.store import DuckDBStore

    if not target.exists():
        return None
    try:
        # Opening it proves that no server has it, and leaves no write-ahead log behind.
        DuckDBStore(target).close()
    except DatabaseInUse:
        raise
    except AuditTrailError:
        # Damaged, or too new for this version: that is what backups are for.
        pass
    kept = target.with_name(f"{target.name}.before-{time.strftime('%Y%m%d-%H%M%S')}")
    target.rename(kept)
    log = target.with_name(target.name + ".wal")
    if log.exists():
        log.rename(kept.with_name(kept.name + ".wal"))
    return kept


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
