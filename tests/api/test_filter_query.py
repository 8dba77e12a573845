"""The filter language: what it reads, and which traces it finds."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audittrail.api.filter_query import KEYS, BadFilter, parse_filter
from audittrail.storage import Range, Term
from tests.api.rest import rest_span, store, violation_of
from tests.docs.blocks import ROOT
from tests.support.otlp import new_trace_id
from tests.support.people import Person, new_person
from tests.support.servers import Server

NOW = 1_800_000_000 * 10**9


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", ()),
        ("status:error", (Term("status", texts=("error",)),)),
        ("-status:Running,ERROR", (Term("status", True, ("running", "error")),)),
        ("cost:>0.01", (Term("cost", ranges=(Range(0.01, None, True),)),)),
        ("cost:<=$2", (Term("cost", ranges=(Range(None, 2.0),)),)),
        ("tokens:2k..3.5M", (Term("tokens", ranges=(Range(2000, 3_500_000),)),)),
        ("duration:400ms", (Term("duration", ranges=(Range(4e8, 4e8),)),)),
        ("duration:..2m", (Term("duration", ranges=(Range(None, 120e9),)),)),
        ("started:>=-1h", (Term("started", ranges=(Range(NOW - 3600 * 10**9),)),)),
        ("started:1970-01-02", (Term("started", ranges=(Range(864e11, 864e11),)),)),
        ('name:"web search",b*', (Term("name", texts=("web search", "b*")),)),
        ('name:"2*3"', (Term("name", texts=("2\\*3",)),)),
        ("attr.a.b:c", (Term("attr.a.b", texts=("c",)),)),
        ('one "two words"', (Term("", texts=("one",)), Term("", texts=("two words",)))),
        ('"cost:1"', (Term("", texts=("cost:1",)),)),
    ],
)
def test_what_is_read(text: str, terms: Any) -> None:
    """Keys, negation, alternatives, ranges, units, quotes and plain words."""
    assert parse_filter(text, NOW) == terms


@pytest.mark.parametrize(
    ("text", "said", "suggestion"),
    [
        ("modle:gpt", "Unknown filter `modle`. Did you mean `model`?", "model"),
        ("xyz:1", "Unknown filter `xyz`.", None),
        ("status:eror", "Did you mean `error`?", "error"),
        ("cost:cheap", "`cost:` wants a number", None),
        ("duration:5", "`duration:` wants a number such as 2s", None),
        ("started:soon", "`started:` wants a time", None),
        ("model:", "`model:` wants a value", None),
    ],
)
def test_what_is_not_understood(text: str, said: str, suggestion: str | None) -> None:
    """Is refused with the term and what was perhaps meant."""
    with pytest.raises(BadFilter) as caught:
        parse_filter(f"status:error {text}", NOW)
    assert said in str(caught.value)
    assert (caught.value.term, caught.value.suggestion) == (text, suggestion)


@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    """Is read, or refused as a filter; nothing else can happen."""
    try:
        terms = parse_filter(text, NOW)
    except BadFilter:
        return
    assert all(term.texts or term.ranges for term in terms)


@given(
    st.sampled_from([key for key in KEYS if key in ("model", "name", "env")]), st.text(min_size=1)
)
def test_quoting(key: str, value: str) -> None:
    """Within quotes any text stands for itself."""
    quoted = re.sub(r'(["\\])', r"\\\1", value)
    [term] = parse_filter(f'{key}:"{quoted}"', NOW)
    assert re.sub(r"\\(.)", r"\1", term.texts[0], flags=re.DOTALL) == value


def _root(trace_id: str, name: str, **fields: Any) -> dict[str, Any]:
    return rest_span(trace_id, trace_id[:16], name=name, span_type="agent", **fields)


def _step(trace_id: str, kind: str, **fields: Any) -> dict[str, Any]:
    return rest_span(trace_id, parent_span_id=trace_id[:16], span_type=kind, **fields)


@pytest.fixture(scope="module")
def owner(server: Server) -> Person:
    """Somebody with four traces, named a to d by their roots."""
    made = new_person(server)
    a, b, c, d = (new_trace_id() for _ in range(4))
    store(
        made,
        _root(a, "a", environment="prod", session_id="s1", user_id="u"),
        _step(a, "tool", name="web search", status="error", attributes={"tenant": "acme"}),
        _step(a, "llm", name="chat", model="gpt-4o", cost=0.5, input="overdraft?"),
        _root(b, "b", status="error", end_time="2026-01-31T12:00:05Z"),
        _step(b, "tool", name="web search", output="100% of_it"),
        _step(b, "llm", name="chat", model="gpt-4o-mini", tokens_in=10, tokens_out=5),
        _root(c, "c", agent_name="billing"),
        _step(c, "retriever", name="look up"),
        _root(d, "d", end_time=None, status="running"),
    )
    # Its tool failed, and no model was called after that.
    violation_of(made, a, "tool-error-ignored")
    return made


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "abcd"),
        ("status:error", "b"),
        ("status:complete,error", "abc"),
        ("-status:error", "acd"),
        ("model:gpt-4o", "a"),
        ("model:GPT-4o*", "ab"),
        ("-model:gpt-4o*", "cd"),
        ('name:"web search"', "ab"),
        ('name:"web search" has:error', "a"),
        ("tool:web* span.status:ok", "b"),
        ("type:llm has:error", ""),
        ("type:retrieval", "c"),
        ("-has:error", "cd"),
        ("has:violation", "a"),
        ("-has:violation", "bcd"),
        ("cost:>0.01", "a"),
        ("-cost:>0.01", "bcd"),
        ("cost:<1", "ab"),
        ("duration:2s..10s", "b"),
        ("errors:1", "ab"),
        ("spans:>=3 tokens:15", "b"),
        ("env:prod user:u session:s*", "a"),
        ("agent:billing", "c"),
        ("attr.tenant:acme", "a"),
        ("attr.tenant:*", "a"),
        ("input:overdraft", "a"),
        ("output:100%", "b"),
        ("output:of_it", "b"),
        ("output:ofXit", ""),
        ("overdraft", "a"),
        ("-overdraft status:complete", "c"),
        ("span.status:running", "d"),
        ("span.duration:>=5s", "b"),
        ("started:>2027-01-01", ""),
        ("started:2026-01-31..2026-02-01", "abcd"),
    ],
)
def test_what_is_found(owner: Person, query: str, found: str) -> None:
    """All terms hold, those of spans for one span; a minus means that none is so."""
    shown = owner.get("/api/v1/traces", q=query)
    assert "".join(sorted(trace["name"] for trace in shown)) == found


def test_a_version_that_was_replaced(server: Server) -> None:
    """Says nothing any more."""
    person, trace_id = new_person(server), new_trace_id()
    first = rest_span(trace_id, name="draft", model="m1")
    store(person, first)
    store(person, {**first, "name": "final", "model": "m2"})
    assert [len(person.get("/api/v1/traces", q=q)) for q in ("model:m1", "model:m2")] == [0, 1]


def test_nobody_elses(server: Server, owner: Person) -> None:
    """A filter looks at one's own traces alone."""
    other = new_person(server)
    for query in ("", "model:gpt-4o", "-model:x", "overdraft", "attr.tenant:acme"):
        assert other.get("/api/v1/traces", q=query) == []
    assert owner.get("/api/v1/traces", q="model:gpt-4o") != []


def test_the_answer_to_a_bad_filter(owner: Person) -> None:
    """422, with the message, the term and the nearest key."""
    with owner.client() as client:
        answer = client.get("/api/v1/traces", params={"q": "modle:gpt"})
    assert answer.status_code == 422
    assert answer.json()["detail"] == {
        "message": "Unknown filter `modle`. Did you mean `model`?",
        "term": "modle:gpt",
        "suggestion": "model",
    }


def test_the_documented_filters(owner: Person) -> None:
    """Each example of docs/filters.md is one, and each key is named there."""
    page = (ROOT / "docs/filters.md").read_text("utf-8")
    examples = re.findall(r"(?m)^\| `([^`]+)`", page)
    assert len(examples) >= 10
    for example in examples:
        owner.get("/api/v1/traces", q=example)
    for key in KEYS:
        assert f"`{key}" in page
