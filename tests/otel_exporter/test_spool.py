"""The spool: requests on disk, private, in order, bounded, and never a reason to fail."""

from __future__ import annotations

import errno
import logging
import os
from pathlib import Path
from typing import Any

import pytest

from audittrail.otel_exporter.delivery import spool_folder
from audittrail.otel_exporter.delivery.splitting import Request
from audittrail.otel_exporter.delivery.spool import Spool
from audittrail.otel_exporter.delivery.spool_folder import Entry
from audittrail.otel_exporter.notices import Notices
from audittrail.otel_exporter.settings import Settings

KEY = "sk-at-384327abcdefghijklmnop"
LOG = logging.getLogger("audittrail.tests")


class Lost(list[tuple[bytes, str]]):
    """The numbers of what was lost, and why."""

    def __call__(self, entry: Entry, reason: str) -> None:
        self.append((b"%d" % entry.number, reason))


class Kept:
    """A spool, with what it lost and logged."""

    def __init__(self, **settings: Any) -> None:
        self.lost = Lost()
        self.spool = Spool(Settings.read(**settings), Notices(LOG), self.lost)

    def add(self, *numbers: int, size: int = 100) -> list[Entry | None]:
        return [self.spool.add(Request(body(number, size), 1), number) for number in numbers]

    def drain(self) -> list[bytes]:
        """Read and remove all, oldest first."""
        found = []
        while (entry := self.spool.first()) is not None:
            read = self.spool.read(entry)
            if read is not None:
                found.append(read)
                self.spool.remove(entry)
        return found


def body(number: int, size: int = 100) -> bytes:
    return b"%0*d" % (size, number)


def bodies(*numbers: int, size: int = 100) -> list[bytes]:
    return [body(number, size) for number in numbers]


def files(state: Path) -> list[Path]:
    return sorted(path for path in state.rglob("*.otlp"))


def test_it_gives_back_in_order_what_it_was_given(state: Path) -> None:
    kept = Kept()
    kept.add(1, 2, 3)
    assert (len(kept.spool), kept.spool.spans) == (3, 3)
    assert kept.drain() == bodies(1, 2, 3)
    assert (len(kept.spool), kept.spool.spans) == (0, 0)
    kept.spool.close()
    assert files(state) == []


def test_the_next_process_gives_back_what_is_left() -> None:
    first = Kept()
    first.add(1, 2)
    first.spool.close()
    second = Kept()
    assert second.spool.has_leftovers()
    second.spool.adopt()
    second.add(3)
    assert second.drain() == bodies(1, 2, 3)


def test_the_oldest_process_comes_first() -> None:
    one, two = Kept(), Kept()
    one.add(1)
    two.add(2)
    one.add(3)
    one.spool.close()
    two.spool.close()
    heir = Kept()
    heir.spool.adopt()
    assert heir.drain() == bodies(1, 3, 2)


def test_the_folder_of_a_living_process_is_its_own() -> None:
    living = Kept()
    living.add(1)
    other = Kept()
    other.spool.adopt()
    assert len(other.spool) == 0
    other.add(2)
    assert other.drain() == bodies(2)
    assert living.drain() == bodies(1)


def test_nothing_stays_behind_when_all_is_sent(state: Path) -> None:
    first = Kept()
    first.add(1)
    first.spool.close()
    second = Kept()
    second.spool.adopt()
    second.drain()
    second.spool.close()
    assert [path.name for path in state.rglob("*")] == ["audittrail", "spool"]
    assert not Kept().spool.has_leftovers()


@pytest.mark.parametrize(
    "other",
    [
        {"api_key": KEY + "2"},
        {"api_key": KEY, "endpoint": "http://elsewhere:4318"},
        {"api_key": KEY, "headers": {"x-tenant": "b"}},
    ],
)
def test_what_is_for_one_receiver_and_key_reaches_no_other(other: dict[str, object]) -> None:
    mine = Kept(api_key=KEY)
    mine.add(1)
    mine.spool.close()
    theirs = Kept(**other)
    theirs.spool.adopt()
    assert theirs.drain() == []
    again = Kept(api_key=KEY)
    again.spool.adopt()
    assert again.drain() == bodies(1)


def test_only_its_user_can_read_it(state: Path) -> None:
    """Whatever the umask is."""
    before = os.umask(0)
    try:
        kept = Kept(api_key=KEY)
        kept.add(1)
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in state.rglob("*")}
    (file,) = files(state)
    assert modes[file.name] == modes["lock"] == 0o600
    assert modes[file.parent.name] == modes[file.parent.parent.name] == modes["spool"] == 0o700
    assert KEY not in "".join(map(str, state.rglob("*")))
    kept.spool.close()


def test_the_oldest_give_way_when_it_is_full() -> None:
    kept = Kept(spool_max_bytes=350)
    kept.add(1, 2, 3, 4, 5)
    assert kept.lost == [(b"1", "the spool is full"), (b"2", "the spool is full")]
    assert kept.drain() == bodies(3, 4, 5)


def test_the_bound_is_for_all_processes_together(state: Path) -> None:
    """The oldest give way whoever wrote them; who did sees that they are gone."""
    old = Kept(spool_max_bytes=350)
    old.add(1, 2, 3)
    new = Kept(spool_max_bytes=350)
    new.add(4, 5)
    assert sum(file.stat().st_size for file in files(state)) <= 350
    assert new.lost == []
    assert old.drain() == bodies(3)
    assert [number for number, _ in old.lost] == [b"1", b"2"]
    assert new.drain() == bodies(4, 5)


def test_what_is_larger_than_all_of_it_costs_nothing_else() -> None:
    kept = Kept(spool_max_bytes=350)
    kept.add(1)
    assert kept.add(2, size=351) == [None]
    assert kept.drain() == bodies(1)
    assert kept.lost == []


@pytest.mark.parametrize("damage", [b"", body(1)[:-1], body(9)], ids=["empty", "cut", "changed"])
def test_a_damaged_file_is_set_aside(state: Path, damage: bytes) -> None:
    """And costs nothing else. It is not taken up again."""
    first = Kept()
    first.add(1, 2)
    first.spool.close()
    files(state)[0].write_bytes(damage)
    second = Kept()
    second.spool.adopt()
    assert second.drain() == bodies(2)
    ((_, reason),) = second.lost
    assert "damaged" in reason
    second.spool.close()
    (aside,) = files(state)
    assert aside.parent.name == "corrupt"
    assert not Kept().spool.has_leftovers()


def test_other_files_are_left_alone(state: Path) -> None:
    first = Kept()
    first.add(1)
    first.spool.close()
    (file,) = files(state)
    (file.parent / "notes.txt").write_text("mine")
    (file.parent / "1-x-2.otlp").write_text("mine")
    second = Kept()
    second.spool.adopt()
    assert second.drain() == bodies(1)
    assert (file.parent / "notes.txt").read_text() == "mine"


def test_what_was_being_written_when_a_process_died_is_no_request(state: Path) -> None:
    first = Kept()
    first.add(1)
    first.spool.close()
    (file,) = files(state)
    (file.parent / f".new-{file.name}").write_bytes(body(2)[:50])
    second = Kept()
    second.spool.adopt()
    assert second.drain() == bodies(1)
    second.spool.close()
    assert not file.parent.exists()


def test_a_full_disk_costs_nothing_that_is_there(
    state: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    kept = Kept()
    kept.add(1)

    def full(_file: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(spool_folder.os, "write", full)
        assert kept.add(2, 3) == [None, None]
    assert caplog.text.count("No space left on device") == 1
    kept.add(4)
    assert len(files(state)) == 2
    assert kept.drain() == bodies(1, 4)


def test_a_folder_that_cannot_be_made_is_done_without(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says what to set."""
    (tmp_path / "file").write_text("not a folder")
    kept = Kept(spool_dir=tmp_path / "file")
    assert kept.add(1, 2) == [None, None]
    assert caplog.text.count("AUDITTRAIL_SPOOL_DIR") == 1


def test_the_folder_of_somebody_else_is_not_used(
    state: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    kept = Kept()
    kept.add(1)
    kept.spool.close()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    other = Kept()
    other.spool.adopt()
    assert other.add(2) == [None]
    assert "belongs to somebody else" in caplog.text


@pytest.mark.parametrize("settings", [{"spool_dir": ""}, {"spool_max_bytes": 0}])
def test_it_can_be_turned_off(state: Path, settings: dict[str, object]) -> None:
    kept = Kept(**settings)
    assert kept.add(1) == [None]
    assert not state.exists()
