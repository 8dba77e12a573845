"""What is stored is for who runs the server alone."""

from __future__ import annotations

import stat
from pathlib import Path

from tests.support.people import new_person
from tests.support.servers import running_server


def test_no_other_user_of_the_machine_can_read_them(tmp_path: Path) -> None:
    """Database, secret key, admin socket and backups give nothing to group and others."""
    folder = tmp_path / "data"
    with running_server(tmp_path / "run", DATA_DIR=str(folder)) as server:
        new_person(server)
        assert server.cli("db", "backup", "copy.duckdb").returncode == 0
        made = [folder, *folder.iterdir(), server.folder / "copy.duckdb"]
        assert len(made) > 3
        assert [path for path in made if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
