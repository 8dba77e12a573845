"""Guessing passwords: slow, and nothing is learnt by it."""

from __future__ import annotations

import argon2
import httpx
import pytest
from argon2.exceptions import VerifyMismatchError

from audittrail.accounts import passwords
from audittrail.accounts.service import AccountService
from audittrail.accounts.throttle import LoginThrottle, TooManyAttempts
from audittrail.accounts.tokens import TokenIssuer
from audittrail.errors import NotAuthenticated
from audittrail.storage import User
from tests.api.conftest import LIMIT
from tests.api.routes import is_problem
from tests.support.people import PASSWORD
from tests.support.servers import Server

_OWN_ADDRESS = "127.0.2.1"


def attempt(
    server: Server, number: int, path: str = "login", address: str | None = None
) -> httpx.Response:
    body = {"email": f"person{number}@example.com", "password": PASSWORD}
    transport = httpx.HTTPTransport(local_address=address)
    with httpx.Client(base_url=server.api, transport=transport, timeout=60) as client:
        return client.post(f"/api/v1/auth/{path}", json=body)


def test_an_address_has_so_many_attempts(limited_server: Server) -> None:
    """Then 429 with the seconds to wait, for good passwords too, and for both routes."""
    assert attempt(limited_server, 0, "register", _OWN_ADDRESS).status_code == 201
    for number in range(1, LIMIT):
        assert attempt(limited_server, number, address=_OWN_ADDRESS).status_code == 401
    for path in ("login", "register"):
        refused = attempt(limited_server, 0, path, _OWN_ADDRESS)
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert is_problem(refused)


def test_a_forged_address_is_not_believed(limited_server: Server) -> None:
    """Whoever comes through the proxy counts as himself, one address as one."""
    answers = []
    for number in range(LIMIT + 1):
        body = {"email": f"stranger{number}@example.com", "password": PASSWORD}
        # The proxy appends the address it sees; what a client wrote stands before it.
        headers = {"x-forwarded-for": f"10.0.0.{number}, 192.0.2.7"}
        url = limited_server.api + "/api/v1/auth/login"
        answers.append(httpx.post(url, json=body, headers=headers, timeout=60).status_code)
    assert answers == [401] * LIMIT + [429]
    assert attempt(limited_server, 9).status_code == 401, "another address is not slowed down"


def test_one_account_is_guarded_from_everywhere() -> None:
    """Changing the address does not help against one account; others are not locked out."""
    throttle = LoginThrottle(pair="2 per minute", account="5 per hour", address="100 per minute")
    for number in range(5):
        throttle.attempt(f"10.0.0.{number}", "ada@example.com")
    with pytest.raises(TooManyAttempts):
        throttle.attempt("10.0.0.99", "ADA@example.com")
    throttle.attempt("10.0.0.99", "grace@example.com")


class _Accounts:
    """One user, in memory."""

    def __init__(self, user: User) -> None:
        self._user = user

    def find_user(self, email: str) -> User | None:
        return self._user if email == self._user.email else None

    def list_keys(self) -> list[object]:
        return []


class _CountingHasher:
    """Counts how often a password is compared with a hash."""

    def __init__(self) -> None:
        self.verified: list[str] = []
        self._real = passwords._HASHER

    def verify(self, stored: str, password: str) -> bool:
        self.verified.append(stored)
        return self._real.verify(stored, password)


def test_an_unknown_user_costs_a_hash_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Known or not, each attempt runs one hash with the same parameters."""
    user = User("u1", "ada@example.com", passwords.hash_password(PASSWORD), 0)
    service = AccountService(_Accounts(user), TokenIssuer("key " * 10, 60))  # type: ignore[arg-type] # what logging in needs
    counter = _CountingHasher()
    monkeypatch.setattr(passwords, "_HASHER", counter)
    for email in (user.email, "nobody@example.com"):
        with pytest.raises(NotAuthenticated):
            service.log_in(email, "not the password", "127.0.0.1")
    known, unknown = counter.verified
    assert known == user.password_hash
    assert unknown != known
    # $argon2id$v=19$m=...,t=...,p=...$salt$hash
    assert unknown.split("$")[:4] == known.split("$")[:4]
    assert known.startswith("$argon2id$")
    assert service.log_in(user.email, PASSWORD, "127.0.0.1") == user


@pytest.mark.parametrize("password", ["", "nobody", PASSWORD])
def test_nobodys_hash(password: str) -> None:
    """What an unknown user's password is compared with takes as long as any other, and no password
    is the one that it was made of."""
    nobody = passwords._nobody()
    known = passwords.hash_password(PASSWORD)
    assert argon2.extract_parameters(nobody) == argon2.extract_parameters(known)
    assert passwords._NOBODY.split("$")[:4] == known.split("$")[:4]
    with pytest.raises(VerifyMismatchError):
        passwords._HASHER.verify(nobody, password)
    assert not passwords.verify_password(None, password)
