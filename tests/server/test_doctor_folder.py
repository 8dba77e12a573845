"""What ``audittrail doctor`` sees of a server whose folder is here."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audittrail.server.doctor import Check, Examination, find_target
from audittrail.server.doctor import installation as installed
from audittrail.server.settings import Settings, load_settings


def beside(folder: Path, **given: Any) -> Examination:
    settings = load_settings(data_dir=folder, **given)
    return Examination(find_target({}, settings))


def only(found: Iterator[Check]) -> Check:
    (check,) = found
    return check


def test_a_folder_that_cannot_be_written_to() -> None:
    """/proc is a folder in which nobody can create a file, whoever runs this."""
    check = only(installed.check_data_folder(beside(Path("/proc"))))
    assert check.status == "failed"
    assert "AUDITTRAIL_DATA_DIR" in (check.remedy or "")


def test_a_folder_that_is_not_here_is_not_examined(tmp_path: Path) -> None:
    """The server may be anywhere else: nothing is said about folders then."""
    exam = beside(tmp_path / "nowhere")
    assert list(installed.check_data_folder(exam)) == []
    assert list(installed.check_secret_key(exam)) == []


@pytest.mark.parametrize(
    ("free", "status"), [(10 * 2**20, "failed"), (2**30, "warning"), (2**40, "ok")]
)
def test_little_room_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, status: str
) -> None:
    """What is left decides."""
    usage = shutil.disk_usage(tmp_path)._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert only(installed.check_disk(beside(tmp_path))).status == status


def test_the_size_of_the_database_is_told(tmp_path: Path) -> None:
    """The file and what is not merged into it yet; a warning if there is none."""
    exam = beside(tmp_path)
    assert only(installed.check_database(exam)).status == "warning"
    (tmp_path / "audittrail.duckdb").write_bytes(bytes(3 * 2**20))
    (tmp_path / "audittrail.duckdb.wal").write_bytes(bytes(2048))
    found = only(installed.check_database(exam)).found
    assert "3 MiB" in found
    assert "2 KiB" in found


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"secret_key": "long and random"}, "ok"),
        ({"secret_key": "change-me"}, "failed"),
        ({"host": "0.0.0.0"}, "failed"),
        ({"secret_key": "change-me", "debug": True}, "warning"),
        ({}, "ok"),
    ],
)
def test_the_default_secret_key_is_told(tmp_path: Path, given: dict[str, Any], status: str) -> None:
    """It says what a server started here would do."""
    assert only(installed.check_secret_key(beside(tmp_path, **given))).status == status


def test_a_kept_secret_that_others_can_read(tmp_path: Path) -> None:
    """The key that was made for loopback is its owner's alone."""
    kept = tmp_path / "secret_key"
    kept.write_text("random\n")
    kept.chmod(0o644)
    check = only(installed.check_secret_key(beside(tmp_path)))
    assert check.status == "warning"
    kept.chmod(0o600)
    assert only(installed.check_secret_key(beside(tmp_path))).status == "ok"


def test_the_api_is_looked_for_beside_the_endpoint() -> None:
    """Where nobody says where the API is, it is on the host that spans go to."""

    def api_of(endpoint: str, settings: Settings | None = None) -> str:
        return find_target({}, settings, endpoint=endpoint).api_url

    assert api_of("http://127.0.0.1:4318") == "http://127.0.0.1:8000"
    assert api_of("http://traces.example.com:4318") == "http://traces.example.com:8000"
    assert api_of("https://traces.example.com") == "https://traces.example.com:443"
    said = load_settings(api_url="http://api.example.com")
    assert api_of("http://traces.example.com:4318", said) == "http://api.example.com"
