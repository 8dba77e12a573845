"""Rules, violations and decisions of two users who use the same ids."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.rest import (
    break_a_rule,
    new_uuid,
    rest_span,
    store,
    trace_path,
    violation_of,
)
from tests.support.people import Person

OWN = "/api/v1/rules/own"
VIOLATIONS = "/api/v1/violations"
DECISIONS = "/api/v1/violations/decisions"
RULE = """
rules:
  - id: no-{word}
    title: Nothing of {word}
    severity: critical
    scope: span
    when: name = '{word}'
    message: "{{name}} was called"
"""


def put(person: Person, path: str, body: Any) -> Any:
    with person.client(person.token) as client:
        return client.put(path, json=body)


def decide(person: Person, kind: str, *ids: str) -> int:
    with person.client(person.token) as client:
        body = {"ids": list(ids), "kind": kind, "reason": "it was agreed"}
        return client.post(DECISIONS, json=body).status_code


def test_each_sees_their_own(person: Person, other: Person) -> None:
    """Two break the same rule in traces and spans of the same ids: the ids of the violations are
    the same as well, and what each is told is their own."""
    trace_id = new_uuid()
    ids = {"trace_id": trace_id, "span_id": "00000000000000aa"}
    mine, theirs = break_a_rule(person, "mine", **ids), break_a_rule(other, "theirs", **ids)
    assert mine["id"] == theirs["id"]
    for asking, hidden in ((person, "theirs"), (other, "mine")):
        for path in (
            VIOLATIONS,
            f"{VIOLATIONS}/{mine['id']}",
            f"{VIOLATIONS}/summary",
            trace_path(trace_id, "/violations"),
        ):
            assert hidden not in str(asking.get(path)), path
        assert asking.get(f"{VIOLATIONS}/{mine['id']}")["message"]


def test_what_is_only_the_others_is_not_found(person: Person, other: Person) -> None:
    """Not to be read, not to be waived, and the same answer as for an id that nobody has."""
    found = break_a_rule(other)
    with person.client(person.token) as client:
        answers = [client.get(f"{VIOLATIONS}/{each}") for each in (found["id"], "0" * 32)]
        assert client.get(trace_path(found["trace_id"], "/violations")).status_code == 404
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert person.get(VIOLATIONS) == []
    assert decide(person, "waived", found["id"]) == 404
    assert other.get(f"{VIOLATIONS}/{found['id']}")["status"] == "open"


def test_deciding_stays_with_its_owner(person: Person, other: Person) -> None:
    """One waives; the other's violation of the same id is open still."""
    ids = {"trace_id": new_uuid(), "span_id": "00000000000000ab"}
    found = break_a_rule(person, **ids)
    break_a_rule(other, **ids)
    assert decide(person, "waived", found["id"]) == 200
    assert person.get(f"{VIOLATIONS}/{found['id']}")["status"] == "waived"
    assert person.get(trace_path(found["trace_id"]))["violation_count"] == 0
    assert other.get(f"{VIOLATIONS}/{found['id']}")["status"] == "open"
    assert other.get(trace_path(found["trace_id"]))["violation_count"] == 1
    assert other.get(DECISIONS) == []
    assert person.get(DECISIONS)[0]["decided_by"] == person.email


def test_own_rules_are_ones_own(person: Person, other: Person) -> None:
    """A rule that one has set judges their spans, and nobody else can see it."""
    assert put(person, OWN, {"text": RULE.format(word="secretive")}).status_code == 200
    found = break_a_rule(person, "secretive")
    assert violation_of(person, found["trace_id"], "no-secretive")["severity"] == "critical"
    theirs = break_a_rule(other, "secretive")
    assert [each["rule_id"] for each in other.get(trace_path(theirs["trace_id"], "/violations"))]
    assert "no-secretive" not in str(other.get("/api/v1/rules"))
    assert "no-secretive" not in str(other.get(trace_path(theirs["trace_id"], "/violations")))
    with other.client() as client:
        assert client.get("/api/v1/rules/no-secretive").status_code == 404
    assert person.get("/api/v1/rules/no-secretive")["own"]


def test_switching_off_is_for_oneself(person: Person, other: Person) -> None:
    """A rule of the server that one switched off judges the other's data still."""
    body = {"text": "", "off": ["call-cost-over-budget"]}
    assert put(person, OWN, body).status_code == 200
    assert not person.get("/api/v1/rules/call-cost-over-budget")["active"]
    assert other.get("/api/v1/rules/call-cost-over-budget")["active"]
    assert break_a_rule(other)["rule_id"] == "call-cost-over-budget"
    trace_id = new_uuid()
    secret = "sk-proj-" + "a1B2" * 8
    store(person, rest_span(trace_id, span_type="llm", cost=0.6, input=secret))
    violation_of(person, trace_id, "secret-in-prompt")  # another rule: it was judged
    broken = {each["rule_id"] for each in person.get(trace_path(trace_id, "/violations"))}
    assert broken == {"secret-in-prompt"}


@pytest.mark.parametrize(
    "when",
    [
        "name IN (SELECT name FROM spans)",
        "(SELECT count(*) FROM spans) > 0",
        "EXISTS(SELECT 1 FROM users)",
        "name = getenv('PATH')",
        "name = (FROM read_csv('/etc/passwd'))",
        "spans.name = 'a'",
        "length(repeat(name, 1000000000)) > 1",
        "list_filter([1], x -> true) IS NOT NULL",
        "current_setting('memory_limit') = 'a'",
        "name = 'a'; DROP TABLE spans",
        "owner = 'a'",
        "COLUMNS(*) IS NULL",
    ],
)
def test_a_rule_reaches_nothing_but_its_columns(person: Person, when: str) -> None:
    """No table, no file, no setting, no function of the database's own: the rule is refused with
    the line that has to be mended, and what was in force stays."""
    before = person.get(OWN)
    text = RULE.format(word="x").replace("name = 'x'", f'"{when}"')
    answer = put(person, OWN, {"text": text})
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"][0]["msg"].startswith("line 7: no-x: when: ")
    assert person.get(OWN) == before
