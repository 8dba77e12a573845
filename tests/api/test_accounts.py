"""Registering, logging in, and access tokens."""

from __future__ import annotations

import time
import uuid
from typing import Any

import httpx
import jwt
import pytest

from tests.api.routes import is_problem
from tests.support.people import PASSWORD, Person
from tests.support.servers import SECRET_KEY, Server

REGISTER = "/api/v1/auth/register"
LOGIN = "/api/v1/auth/login"
ME = "/api/v1/auth/me"


def new_email() -> str:
    return f"{uuid.uuid4()}@example.com"


def post(server: Server, path: str, body: Any) -> httpx.Response:
    return httpx.post(server.api + path, json=body, timeout=60)


def me(server: Server, token: str | None) -> httpx.Response:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    return httpx.get(server.api + ME, headers=headers, timeout=30)


def test_register_then_log_in(limited_server: Server) -> None:
    """Both answers hold a bearer token of the same user. The password is hashed as it is outside
    of tests."""
    server, account = limited_server, {"email": new_email(), "password": PASSWORD}
    transport = httpx.HTTPTransport(local_address="127.0.2.3")
    with httpx.Client(base_url=server.api, transport=transport, timeout=60) as client:
        registered, logged_in = (client.post(path, json=account) for path in (REGISTER, LOGIN))
    assert (registered.status_code, logged_in.status_code) == (201, 200)
    people = []
    for answer in (registered, logged_in):
        assert answer.json().keys() == {"data"}
        token = answer.json()["data"]
        assert token.keys() == {"access_token", "token_type"}
        assert token["token_type"] == "bearer"
        people.append(me(server, token["access_token"]).json()["data"])
    assert people[0] == people[1]
    assert people[0]["email"] == account["email"]
    assert people[0]["kind"] == "user"
    assert people[0]["scopes"] == ["ingest", "read"]


def test_the_address_is_taken_in_any_case(server: Server, person: Person) -> None:
    """One account an address; its case does not matter, neither here nor when logging in."""
    account = {"email": person.email.upper().replace("EXAMPLE.COM", "example.com")}
    again = post(server, REGISTER, account | {"password": PASSWORD})
    assert again.status_code == 409
    assert is_problem(again)
    assert post(server, LOGIN, account | {"password": PASSWORD}).status_code == 200


def test_me_of_a_key(person: Person) -> None:
    """A key tells whose it is and what it may do."""
    with person.client(person.new_key("read")) as client:
        found = client.get(ME).json()["data"]
    assert (found["email"], found["kind"], found["scopes"]) == (person.email, "api_key", ["read"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no address"),
        ("email", "a@b@c"),
        ("email", ""),
        ("email", None),
        ("email", 7),
        ("email", "x" * 400 + "@example.com"),
        ("password", "short"),
        ("password", ""),
        ("password", None),
        ("password", "x" * 1025),
    ],
)
def test_a_bad_account_names_the_field(server: Server, field: str, value: Any) -> None:
    """What is wrong is named, and what was sent, which may be a password, is not repeated."""
    answer = post(server, REGISTER, {"email": new_email(), "password": PASSWORD} | {field: value})
    assert answer.status_code == 422
    assert is_problem(answer)
    assert [each["loc"] for each in answer.json()["detail"]] == [["body", field]]
    assert PASSWORD not in answer.text


@pytest.mark.parametrize("missing", ["email", "password"])
def test_a_missing_field_is_named(server: Server, missing: str) -> None:
    """For both routes."""
    body = {"email": new_email(), "password": PASSWORD}
    del body[missing]
    for path in (REGISTER, LOGIN):
        answer = post(server, path, body)
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["body", missing]


def test_unknown_user_and_wrong_password_look_alike(server: Server, person: Person) -> None:
    """The same status, body and headers."""
    wrong = post(server, LOGIN, {"email": person.email, "password": "not the password"})
    unknown = post(server, LOGIN, {"email": new_email(), "password": "not the password"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.content == unknown.content
    headers = [{k: v for k, v in each.headers.items() if k != "date"} for each in (wrong, unknown)]
    assert headers[0] == headers[1]
    assert headers[0]["www-authenticate"] == "Bearer"


def signed(key: str = SECRET_KEY, algorithm: str = "HS256", **claims: Any) -> str:
    now = time.time()
    plain = {"iss": "audittrail", "iat": now, "exp": now + 60} | claims
    plain = {name: value for name, value in plain.items() if value is not None}
    return jwt.encode(plain, key, algorithm=algorithm)


def test_tokens_that_are_refused(server: Server, person: Person) -> None:
    """Expired, forged, unsigned, incomplete, of nobody: 401, and how to do better."""
    user = jwt.decode(person.token, options={"verify_signature": False})["sub"]
    assert me(server, signed(sub=user)).status_code == 200, "the tokens below are made the same way"
    changed = person.token[:-4] + ("AAAA" if person.token[-4:] != "AAAA" else "BBBB")
    refused = {
        "none": None,
        "expired": signed(sub=user, exp=time.time() - 1),
        "another key": signed("another key, also long enough to sign with", sub=user),
        "unsigned": signed("", "none", sub=user),
        "another issuer": signed(sub=user, iss="somebody"),
        "never ends": signed(sub=user, exp=None),
        "nobody": signed(),
        "unknown user": signed(sub="u12345678901"),
        "changed": changed,
        "no token": "nonsense",
        "no key": "sk-at-nonsense",
    }
    for what, token in refused.items():
        answer = me(server, token)
        assert answer.status_code == 401, what
        assert answer.headers["www-authenticate"] == "Bearer", what
        assert is_problem(answer), what
    assert "expired" in me(server, refused["expired"]).json()["detail"]


@pytest.mark.parametrize("kind", ["Basic", "Token", ""])
def test_only_bearer_is_a_credential(server: Server, person: Person, kind: str) -> None:
    """Another kind of authorization is refused, even with a good token in it."""
    headers = {"authorization": f"{kind} {person.token}".strip()}
    assert httpx.get(server.api + ME, headers=headers).status_code == 401


def test_the_key_header(server: Server, person: Person) -> None:
    """``x-api-key`` does as well as ``Authorization``; a key in the URL does not."""
    assert httpx.get(server.api + ME, headers={"x-api-key": person.key}).status_code == 200
    for name in ("api_key", "key", "token", "access_token"):
        assert httpx.get(server.api + ME, params={name: person.key}).status_code == 401
