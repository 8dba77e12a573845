"""API keys: made, shown, used, deleted."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.api.rest import rest_span, send
from tests.api.routes import is_problem, operations
from tests.support.otlp import new_trace_id, span, traces_request
from tests.support.people import Person

KEYS = "/api/v1/api-keys"


def make_key(person: Person, **body: Any) -> httpx.Response:
    with person.client(person.token) as client:
        return client.post(KEYS, json={"name": "agent", "scopes": ["read"]} | body)


def made_key(person: Person, **body: Any) -> dict[str, Any]:
    answer = make_key(person, **body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["data"])


def as_person(person: Person, path: str) -> Any:
    with person.client(person.token) as client:
        answer = client.get(path)
    assert answer.status_code == 200
    return answer.json()["data"]


def test_a_new_key(person: Person) -> None:
    """The answer has the secret, of which the prefix is the start."""
    key = made_key(person, scopes=["read", "ingest", "read"])
    assert key.keys() >= {"id", "name", "scopes", "prefix", "secret"}
    assert key["scopes"] == ["ingest", "read"]
    assert key["secret"].startswith("sk-at-")
    assert key["secret"].startswith(key["prefix"])
    assert len(key["secret"]) - len(key["prefix"]) >= 32
    assert key["last_used_at"] is None


def test_the_secret_is_shown_once(person: Person) -> None:
    """No later answer holds it, not even the one to the key itself."""
    secret = made_key(person)["secret"]
    for credential in (person.token, secret):
        with person.client(credential) as client:
            for operation in operations(person.server):
                if operation.method == "GET" and not operation.places:
                    assert secret not in client.get(operation.path).text
    assert not any("secret" in key for key in as_person(person, KEYS))


def test_keys_are_listed(person: Person) -> None:
    """By name, scopes and prefix; one alone the same as in the list."""
    key = made_key(person, name="weather agent")
    shown = {name: value for name, value in key.items() if name != "secret"}
    assert shown in as_person(person, KEYS)
    assert as_person(person, f"{KEYS}/{key['id']}") == shown


def test_the_last_use_is_noted(person: Person) -> None:
    """By every use, and not by somebody looking at the list."""
    key = made_key(person)

    def last_used() -> str | None:
        found = as_person(person, f"{KEYS}/{key['id']}")["last_used_at"]
        return None if found is None else str(found)

    assert last_used() is None
    with person.client(key["secret"]) as client:
        client.get("/api/v1/traces")
        first = last_used()
        assert first is not None
        assert first > key["created_at"]
        client.get("/api/v1/traces")
    second = last_used()
    assert second is not None
    assert second > first


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scopes": ["admin"]}, "scopes"),
        ({"scopes": ["read", "write"]}, "scopes"),
        ({"scopes": []}, "scopes"),
        ({"scopes": "read"}, "scopes"),
        ({"scopes": None}, "scopes"),
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": 7}, "name"),
    ],
)
def test_a_bad_key_names_the_field(person: Person, body: Any, field: str) -> None:
    """And no key is made."""
    before = as_person(person, KEYS)
    answer = make_key(person, **body)
    assert answer.status_code == 422
    assert is_problem(answer)
    assert answer.json()["detail"][0]["loc"][:2] == ["body", field]
    assert as_person(person, KEYS) == before


def test_a_deleted_key_is_refused_at_once(person: Person) -> None:
    """By REST and OTLP; it is no longer listed and cannot be deleted twice."""
    key = made_key(person, scopes=["ingest", "read"])
    user = Person(person.server, person.email, person.token, key["secret"])
    body = traces_request(span(new_trace_id()))
    assert user.otlp(body).status_code == 200
    assert send(user, rest_span(new_trace_id())).status_code == 200
    with person.client(person.token) as client:
        assert client.delete(f"{KEYS}/{key['id']}").status_code == 200
        assert user.otlp(body).status_code == 401
        assert send(user, rest_span(new_trace_id())).status_code == 401
        with user.client() as deleted:
            assert deleted.get("/api/v1/traces").status_code == 401
        for answer in (client.delete(f"{KEYS}/{key['id']}"), client.get(f"{KEYS}/{key['id']}")):
            assert answer.status_code == 404
            assert is_problem(answer)
    assert key["id"] not in [each["id"] for each in as_person(person, KEYS)]


def test_a_key_cannot_make_keys(person: Person) -> None:
    """Nor list or delete them: whoever finds one gets no further with it."""
    key = made_key(person, scopes=["ingest", "read"])
    with person.client(key["secret"]) as client:
        answers = [
            client.post(KEYS, json={"name": "more", "scopes": ["read"]}),
            client.get(KEYS),
            client.get(f"{KEYS}/{key['id']}"),
            client.delete(f"{KEYS}/{key['id']}"),
        ]
    assert [answer.status_code for answer in answers] == [403] * 4
    assert all(is_problem(answer) for answer in answers)
