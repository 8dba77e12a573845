"""The key that access tokens are signed with."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from audittrail.server.settings import load_settings
from tests.support.people import new_person
from tests.support.servers import Server, make_server, running_server


def without_key(folder: Path, *arguments: str) -> Server:
    """A server whose environment has no secret key."""
    server = make_server(folder, *arguments)
    server.environment = {
        name: value for name, value in server.environment.items() if name != "AUDITTRAIL_SECRET_KEY"
    }
    return server


@pytest.mark.parametrize(
    ("key", "host"), [("change-me", "127.0.0.1"), ("change-me", "0.0.0.0"), ("", "0.0.0.0")]
)
def test_the_default_is_refused(tmp_path: Path, key: str, host: str) -> None:
    """The server does not start, and makes nothing."""
    done = make_server(tmp_path, SECRET_KEY=key).cli("serve", "--host", host)
    assert done.returncode == 1
    assert "Anybody could sign access tokens" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_remedy_can_be_copied(tmp_path: Path) -> None:
    """The command that the refusal names makes a key with which the server starts."""
    done = make_server(tmp_path, SECRET_KEY="change-me").cli("serve")
    command = re.search(r"export AUDITTRAIL_SECRET_KEY=.*", done.stderr)
    assert command is not None
    made = subprocess.run(
        f'{command[0]}; printf %s "$AUDITTRAIL_SECRET_KEY"',
        shell=True,
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(made.stdout) == 64
    with running_server(tmp_path, SECRET_KEY=made.stdout) as server:
        new_person(server)


def test_none_is_refused_where_others_reach_it(tmp_path: Path) -> None:
    """On another host than loopback nothing is made up: the operator has to set it."""
    done = without_key(tmp_path).cli("serve", "--host", "0.0.0.0")
    assert done.returncode == 1
    assert "AUDITTRAIL_SECRET_KEY is not set" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_debugging_lets_the_default_pass(tmp_path: Path) -> None:
    """With --debug it starts, and people can log in."""
    with running_server(tmp_path, "--debug", SECRET_KEY="change-me") as server:
        new_person(server)


def test_on_loopback_one_is_made_and_kept(tmp_path: Path) -> None:
    """Nothing is set: a key of its own, that only its owner can read, and with which tokens are
    good after a restart, then with a variable that is empty."""
    server = without_key(tmp_path)
    server.start()
    try:
        person = new_person(server)
        server.stop()
        assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
        server.environment = {**server.environment, "AUDITTRAIL_SECRET_KEY": ""}
        server.start()
        with person.client(person.token) as client:
            assert client.get("/api/v1/auth/me").json()["data"]["email"] == person.email
    finally:
        server.stop()


@pytest.mark.parametrize("name", ["SECRET_KEY", "OTHER"], ids=["empty", "unset"])
def test_an_empty_key_is_none(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then one is made and kept just as where the variable is not set."""
    monkeypatch.delenv("AUDITTRAIL_SECRET_KEY", raising=False)
    monkeypatch.setenv(f"AUDITTRAIL_{name}", "")
    key = load_settings(data_dir=tmp_path).signing_key()
    assert len(key) == 64
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert load_settings(data_dir=tmp_path).signing_key() == key
