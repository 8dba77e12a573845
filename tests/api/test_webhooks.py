"""Webhooks through the API."""

from __future__ import annotations

from typing import Any

from tests.support.people import Person

PATH = "/api/v1/webhooks"
# Of documentation: nothing answers there, and nothing is sent in these tests.
URL = "https://93.184.216.34/alerts"


def make(person: Person, **fields: Any) -> Any:
    with person.client(person.token) as client:
        answer = client.post(PATH, json={"url": URL, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


def test_the_secret_is_shown_once(person: Person) -> None:
    """In the answer that makes it, and never again."""
    made = make(person, least_severity="medium", rule_ids=["refusal"])
    assert made["secret"].startswith("whsec_")
    (listed,) = person.get(PATH)
    assert "secret" not in listed
    assert {name: made[name] for name in listed} == listed


def test_only_the_owner_has_it(person: Person, other: Person) -> None:
    """Another user does not see it, switch it, test it, read its log or delete it."""
    made = make(person)
    path = f"{PATH}/{made['id']}"
    assert other.get(PATH) == []
    with other.client(other.token) as client:
        answers = [
            client.patch(path, json={"enabled": False}),
            client.delete(path),
            client.get(f"{path}/deliveries"),
            client.post(f"{path}/test"),
        ]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert person.get(PATH)[0]["enabled"]


def test_switching_and_deleting(person: Person) -> None:
    """Off, on, gone."""
    made = make(person)
    path = f"{PATH}/{made['id']}"
    with person.client(person.token) as client:
        assert client.patch(path, json={"enabled": False}).status_code == 200
        assert not person.get(PATH)[0]["enabled"]
        assert client.get(f"{path}/deliveries").json()["data"] == []
        assert client.delete(path).status_code == 200
        assert client.delete(path).status_code == 404
    assert person.get(PATH) == []


def test_inside_the_servers_network(person: Person) -> None:
    """An address that the server alone can reach is refused, with what an operator may set; its
    cloud's metadata without a remedy."""
    for host, remedy in (("10.0.0.8", True), ("169.254.169.254", False)):
        with person.client(person.token) as client:
            answer = client.post(PATH, json={"url": f"http://{host}/latest"})
        assert answer.status_code == 422
        assert ("AUDITTRAIL_ALERT_PRIVATE_HOSTS" in answer.json()["detail"][0]["msg"]) is remedy
