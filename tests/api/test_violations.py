"""From a span that breaks a rule to what people say of it."""

from __future__ import annotations

import time
from typing import Any

import httpx

from tests.api.rest import break_a_rule, new_uuid, rest_span, store, trace_path, violation_of
from tests.api.sockets import watching
from tests.support.otlp import new_span_id
from tests.support.people import Person

VIOLATIONS = "/api/v1/violations"


def said(person: Person, kind: str, *ids: str, reason: str = "it was agreed") -> httpx.Response:
    with person.client(person.token) as client:
        body = {"ids": list(ids), "kind": kind, "reason": reason}
        return client.post(f"{VIOLATIONS}/decisions", json=body)


def waited(person: Person, trace_id: str, count: int) -> dict[str, Any]:
    """The trace, once it counts so many violations."""
    trace: dict[str, Any] = {}
    for _ in range(200):
        trace = person.get(trace_path(trace_id))
        if trace["violation_count"] == count:
            return trace
        time.sleep(0.05)
    raise AssertionError(f"{trace['violation_count']} violations, not {count}")


def test_a_verdict_is_there_within_a_second(person: Person) -> None:
    """From the answer that acknowledges the span to the violation in the API, in an idle server;
    with everything that it rests on."""
    break_a_rule(person)  # the judge has started
    trace_id, span_id = new_uuid(), new_span_id()
    secret = "sk-proj-" + "a1B2" * 8
    store(
        person,
        rest_span(trace_id, span_id, span_type="llm", name="ask", input=f"Use {secret} for it."),
    )
    found = violation_of(person, trace_id, "secret-in-prompt")
    whole = person.get(f"{VIOLATIONS}/{found['id']}")
    assert (whole["trace_id"], whole["span_id"], whole["severity"]) == (
        trace_id,
        span_id,
        "critical",
    )
    assert whole["rule"]["when"] == "span_type = 'llm' AND has_secret(input)"
    (excerpt,) = whole["excerpts"]
    assert (excerpt["before"][-4:], excerpt["match"], excerpt["after"][:8]) == (
        "Use ",
        secret,
        " for it.",
    )
    assert secret not in whole["message"]


def test_redelivery_changes_nothing(person: Person) -> None:
    """The same span again is the same violation, and not judged into a second one."""
    trace_id = new_uuid()
    span = rest_span(trace_id, span_type="llm", cost=0.6)
    store(person, span)
    first = violation_of(person, trace_id)
    seq = waited(person, trace_id, 1)["seq"]
    store(person, span, span)
    store(person, rest_span(trace_id, name="another"))
    break_a_rule(person)  # what came before is judged by now
    again = person.get(trace_path(trace_id, "/violations"))
    assert [(each["id"], each["judged_at"]) for each in again] == [
        (first["id"], first["judged_at"])
    ]
    assert person.get(trace_path(trace_id))["seq"] > seq
    assert person.get(trace_path(trace_id))["violation_count"] == 1


def test_a_version_that_breaks_no_rule_withdraws(person: Person) -> None:
    """What a span said first broke a rule, what it says now does not; the violation is kept as
    withdrawn. Breaking it again opens the same one."""
    trace_id, span_id = new_uuid(), new_span_id()

    def send(cost: float) -> None:
        store(person, rest_span(trace_id, span_id, span_type="llm", cost=cost))

    send(0.6)
    found = violation_of(person, trace_id)
    send(0.1)
    waited(person, trace_id, 0)
    assert person.get(trace_path(trace_id, "/violations")) == []
    assert person.get(f"{VIOLATIONS}/{found['id']}")["status"] == "withdrawn"
    assert person.get(VIOLATIONS, trace=trace_id, status="withdrawn")[0]["id"] == found["id"]
    send(0.7)
    waited(person, trace_id, 1)
    assert violation_of(person, trace_id)["id"] == found["id"]


def test_a_trace_is_judged_when_it_ends_and_budgets_before(person: Person) -> None:
    """A rule that needs the whole trace waits for its end; one that can only get worse does not."""
    trace_id, root = new_uuid(), new_span_id()
    store(person, rest_span(trace_id, root, status="running", end_time=None))
    failed = rest_span(trace_id, parent_span_id=root, span_type="tool", status="error", cost=1.5)
    store(person, rest_span(trace_id, parent_span_id=root, span_type="llm"), failed)
    violation_of(person, trace_id, "run-cost-over-budget")
    break_a_rule(person)  # what came before is judged by now
    rules = {each["rule_id"] for each in person.get(trace_path(trace_id, "/violations"))}
    assert rules == {"run-cost-over-budget"}
    store(person, rest_span(trace_id, root))
    found = violation_of(person, trace_id, "tool-error-ignored")
    assert found["scope"] == "trace"
    assert found["witnesses"] == [failed["span_id"]]


def test_marks_of_spans(person: Person) -> None:
    """The columns that views are drawn from tell at which spans how many rules were broken."""
    found = break_a_rule(person)
    marks = person.get(trace_path(found["trace_id"], "/skeleton"))["violations"]
    assert marks == {"": 1, found["span_id"]: 1}
    assert person.get("/api/v1/traces", q="has:violation")[0]["trace_id"] == found["trace_id"]


def test_filters_of_spans(person: Person) -> None:
    """Together with other words on a span, has:violation means that span."""
    found = break_a_rule(person, "dear")
    store(person, rest_span(found["trace_id"], name="cheap", span_type="tool"))
    assert len(person.get("/api/v1/traces", q="has:violation type:llm")) == 1
    assert person.get("/api/v1/traces", q="has:violation type:tool") == []


def test_the_socket_tells_of_it(person: Person) -> None:
    """Who watches the trace is told that its violations changed, without asking."""
    trace_id = new_uuid()
    with watching(person, trace_id) as watcher:
        store(person, rest_span(trace_id, span_type="llm", cost=0.6))
        message = watcher.until(judged=True)[-1]
    assert message["trace"]["violation_count"] == 1


def test_decisions_are_kept(person: Person) -> None:
    """Acknowledged counts still, waived no longer, reopened again; each with its reason and the
    name of who said it, and also after the trace is deleted."""
    found = break_a_rule(person)
    trace_id = found["trace_id"]
    waited(person, trace_id, 1)
    for kind, count, status in (
        ("acknowledged", 1, "acknowledged"),
        ("waived", 0, "waived"),
        ("reopened", 1, "open"),
        ("waived", 0, "waived"),
    ):
        assert said(person, kind, found["id"], reason=f"because {kind}").status_code == 200
        assert waited(person, trace_id, count)
        assert person.get(f"{VIOLATIONS}/{found['id']}")["status"] == status
    history = person.get(f"{VIOLATIONS}/{found['id']}")["decisions"]
    assert [each["kind"] for each in history] == ["waived", "reopened", "waived", "acknowledged"]
    assert {each["decided_by"] for each in history} == {person.email}
    with person.client(person.token) as client:
        assert client.delete(trace_path(trace_id)).status_code == 200
        assert client.get(f"{VIOLATIONS}/{found['id']}").status_code == 404
    assert [each["reason"] for each in person.get(f"{VIOLATIONS}/decisions")] == [
        each["reason"] for each in history
    ]


def test_a_waiver_holds_when_it_is_judged_again(person: Person) -> None:
    """What was waived stays waived while the trace goes on."""
    found = break_a_rule(person)
    assert said(person, "waived", found["id"]).status_code == 200
    store(person, rest_span(found["trace_id"], name="later"))
    break_a_rule(person)  # what came before is judged by now
    assert person.get(f"{VIOLATIONS}/{found['id']}")["status"] == "waived"
    assert person.get(trace_path(found["trace_id"]))["violation_count"] == 0


def test_a_reason_is_needed(person: Person) -> None:
    """Without one, or with spaces for one, nothing is decided."""
    found = break_a_rule(person)
    assert said(person, "waived", found["id"], reason="     ").status_code == 422
    assert said(person, "waived", found["id"], reason="").status_code == 422
    assert said(person, "forgiven", found["id"]).status_code == 422


def test_lists_and_sums(person: Person) -> None:
    """Filters find by rule, severity, agent, status and time; sums count all but their own."""
    for agent in ("a", "a", "b"):
        break_a_rule(person, agent_name=agent)
    assert len(person.get(VIOLATIONS, agent="a")) == 2
    assert len(person.get(VIOLATIONS, rule="call-cost-over-budget", severity="medium")) == 3
    assert person.get(VIOLATIONS, severity="critical") == []
    assert person.get(VIOLATIONS, until="2020-01-01") == []
    pages = list(person.pages(VIOLATIONS, limit=2))
    assert len({each["id"] for each in pages}) == 3
    summary = person.get(f"{VIOLATIONS}/summary", agent="a")
    assert summary["total"] == 2
    assert {each["value"]: each["count"] for each in summary["agents"]} == {"a": 2, "b": 1}
    assert summary["rules"] == [{"value": "call-cost-over-budget", "count": 2}]
    assert sum(each["count"] for each in summary["times"]) == 2


def test_a_try_stores_nothing(person: Person) -> None:
    """Rules are tried on what is stored: what they would find is told, and not kept."""
    trace_id = new_uuid()
    store(person, rest_span(trace_id, name="odd"), rest_span(trace_id, name="even"))
    text = (
        "rules:\n  - {id: odd, title: Odd, severity: low, scope: span, when: name = 'odd', "
        "message: '{name}'}\n  - {id: bad}\n"
    )
    with person.client(person.token) as client:
        trial = client.post("/api/v1/rules/try", json={"text": text}).json()["data"]
    assert trial["counts"] == {"odd": 1}
    assert trial["verdicts"][0]["message"] == "odd"
    assert {each["rule"] for each in trial["problems"]} == {"bad"}
    assert person.get(VIOLATIONS) == []
