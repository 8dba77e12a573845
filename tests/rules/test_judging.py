"""What conditions mean, and what a hostile one can do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audittrail.rules.enforcement.sandbox import Sandbox
from audittrail.rules.evaluation.conditions import compile_expression
from audittrail.rules.evaluation.examples import tables_of
from audittrail.rules.evaluation.functions import ConditionError
from audittrail.rules.evaluation.judge import Judge
from audittrail.rules.evaluation.rule import Rule
from audittrail.rules.evaluation.rule_files import read_folder
from audittrail.rules.evaluation.signs import sign_columns
from audittrail.rules.evaluation.verdict import Docket, Ruling, docket_of
from audittrail.rules.shipped import default_rules_dir

JUDGE = Judge()
SHIPPED = {
    each.rule.id: each.rule for each in read_folder(default_rules_dir() / "constitution").rules
}


def rule(when: str, scope: str = "span", **fields: Any) -> Rule:
    return Rule.model_validate(
        {
            "id": "it",
            "title": "It",
            "severity": "low",
            "scope": scope,
            "when": when,
            "message": "so",
            **fields,
        }
    )


def judged(when: str, scope: str, *spans: dict[str, Any], **fields: Any) -> Ruling:
    tables = tables_of([spans])
    ruling = JUDGE.judge([docket_of(rule(when, scope, **fields))], *tables, tables[1])
    assert ruling.failures == []
    return ruling


def breaks(when: str, scope: str, *spans: dict[str, Any], **fields: Any) -> bool:
    return bool(judged(when, scope, *spans, **fields).verdicts)


TOOL = {"span_type": "tool", "name": "pay", "input": {"euros": 250, "to": {"iban": "x"}}}


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("span_type = 'tool'", True),
        ("name IN ('a', 'pay')", True),
        ("name NOT IN ('a', 'pay')", False),
        ("arg('$.euros')::DOUBLE > 100", True),
        ("arg('euros')::BIGINT = 250", True),
        ("arg('$.to.iban') = 'x'", True),
        ("arg('$.none') IS NULL", True),
        ("result('$.none') IS NULL", True),
        ("name LIKE 'p%' AND NOT name ILIKE 'Q%'", True),
        ("duration_ms BETWEEN 400 AND 600", True),
        ("length(input) > 10 AND contains(input, 'euros')", True),
        ("CASE WHEN name = 'pay' THEN 1 ELSE 2 END = 1", True),
        ("coalesce(cost, 0) + 1 = 1", True),
        ("cost > 0", False),
        ("name::DOUBLE > 0", False),
        ("1 / 0 > 0", False),
        ("regexp_matches(input, '(?i)EUROS')", True),
        ("count_matches(input, '[0-9]') = 3", True),
        ("count_distinct_matches(input, '[0-9]') = 3", True),
        ("count_distinct_matches(input, '\\w') < count_matches(input, '\\w')", True),
        ("name = 'it''s'", False),
        ("status = 'ok'", True),
    ],
)
def test_conditions_of_spans(when: str, expected: bool) -> None:
    """They mean what they mean in SQL; what cannot be told breaks no rule."""
    assert breaks(when, "span", TOOL) == expected


_LEAVES = st.sampled_from(
    ["model = 'a'", "model <> 'a'", "tokens_in > 5", "cost < 1", "name = 'x'", "model IS NULL"]
)
_CONDITIONS = st.recursive(
    _LEAVES,
    lambda each: st.one_of(
        st.builds("({} AND {})".format, each, each),
        st.builds("({} OR {})".format, each, each),
        st.builds("NOT ({})".format, each),
    ),
    max_leaves=8,
)
_SOME_SPANS = st.lists(
    st.fixed_dictionaries(
        {
            "model": st.sampled_from(["a", "b", None]),
            "tokens_in": st.sampled_from([1, 9, None]),
            "cost": st.sampled_from([0.5, 2.0, None]),
            "name": st.sampled_from(["x", "y"]),
        }
    ),
    min_size=1,
    max_size=6,
)


@given(when=_CONDITIONS, spans=_SOME_SPANS)
def test_a_trace_counts_the_spans_that_a_span_rule_finds(
    when: str, spans: list[dict[str, Any]]
) -> None:
    """A condition on spans within a trace rule is true for the same spans as in a span rule, also
    where something is unknown."""
    expected = len(judged(when, "span", *spans).verdicts)
    assert breaks(f"count_spans({when}) = {expected}", "trace", *spans)


_BATCHES = st.lists(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from(["a", "b"]),
                "span_type": st.sampled_from(["llm", "tool"]),
                "input": st.sampled_from(["1", "2", "no number"]),
                "tokens_in": st.integers(0, 20) | st.just(2**40),
                "cost": st.floats(0, 20, allow_nan=False),
                "cost_source": st.just("agent"),
                "environment": st.sampled_from(["production", "test"]),
                "status": st.sampled_from(["ok", "error"]),
            },
        ),
        max_size=4,
    ),
    min_size=2,
    max_size=3,
)
_PREPARED = [
    docket_of(rule(when, scope, id=f"{scope}-{number}", **fields))
    for number, (scope, when, fields) in enumerate(
        [
            ("span", "tokens_in > 10", {}),
            ("span", "tokens_in IS NULL", {}),
            ("span", "cost BETWEEN 1 AND 5 AND name = 'a'", {}),
            ("span", "environment IN ('production', 'staging')", {}),
            ("span", "status = 'error'", {"environments": ["test"]}),
            ("span", "input::DOUBLE = 2 OR contains(input, 'no')", {}),
            ("trace", "count_spans(tokens_in < 5) = 1", {}),
            ("trace", "max_spans(cost, name = 'b') > 3", {}),
            ("trace", "count_spans(repeat_number > 1) > 0", {}),
            ("trace", "any_without_earlier(name = 'b', name = 'a')", {}),
            ("session", "trace_count > 1", {}),
        ]
    )
]


@settings(max_examples=12)
@given(_BATCHES)
def test_a_judge_remembers_nothing(batches: list[list[dict[str, Any]]]) -> None:
    """It judges each batch as one that never saw another, although its queries are planned once:
    nothing of what held for the rows of one batch is taken to hold for the next."""
    fresh = [Judge(threads=1) for _ in batches]
    reused = Judge(threads=1)
    for other, batch in zip(fresh, batches, strict=True):
        tables = tables_of([[span] for span in batch])
        assert reused.judge(_PREPARED, *tables, tables[1]) == other.judge(
            _PREPARED, *tables, tables[1]
        )


_IN_COMPANY = [
    docket_of(rule(when, scope, id=f"company-{number}"))
    for number, (scope, when) in enumerate(
        [
            ("span", "has_secret(input)"),
            ("span", "NOT has_secret(output)"),
            ("span", "has_personal_data(output, 'email', 'card') OR tokens_in > 5"),
            ("span", "regexp_matches(input, '(?i)^AB')"),
            ("span", "NOT regexp_matches(input, 'b$')"),
            ("span", "regexp_matches(output, 'x|y') IS NULL"),
            ("span", "count_matches(output, 'a') = 0"),
            ("span", "count_distinct_matches(input, '[a-z]') BETWEEN 1 AND 2"),
            ("span", "names_host_outside(input, 'a.example.com')"),
            ("span", "refuses(output) AND regexp_matches(output, 'I')"),
            ("trace", "count_spans(regexp_matches(input, 'a')) = count_spans(refuses(output))"),
        ]
    )
]
_TEXTS = st.none() | st.lists(
    st.sampled_from(
        ["a", "B", "b", "x", "ab", " ", "I cannot help", "https://b.example.com/", "é", "\n",
         "sk-proj-" + "a1B2c3D4" * 6, "ann.lee@shop.example.org", "4111 1111 1111 1111"]
    ),
    max_size=4,
).map("".join)  # fmt: skip


@settings(max_examples=20)
@given(st.lists(st.tuples(_TEXTS, _TEXTS, st.integers(0, 9)), min_size=1, max_size=5))
def test_a_rule_finds_in_company_what_it_finds_alone(
    texts: list[tuple[str | None, str | None, int]],
) -> None:
    """That patterns of several rules are looked for together changes no verdict, also where
    there is no text."""
    names = ("input", "output", "tokens_in")
    tables = tables_of([[dict(zip(names, each, strict=True)) for each in texts]])
    alone = [JUDGE.judge([docket], *tables, tables[1]) for docket in _IN_COMPANY]
    together = JUDGE.judge(_IN_COMPANY, *tables, tables[1])
    assert together.failures == []
    assert together.verdicts == [verdict for ruling in alone for verdict in ruling.verdicts]


def test_patterns_that_are_too_much_together() -> None:
    """Where RE2 does not take them in one, each rule is judged by its own."""
    dockets = [
        docket_of(rule(f"regexp_matches(input, '{letter}(\\pL{{150}}|x)')", id=f"much-{letter}"))
        for letter in "abcdefgh"
    ]
    tables = tables_of([[{"input": "ax bx"}]])
    for _ in range(2):
        ruling = JUDGE.judge(dockets, *tables, tables[1])
        assert [verdict.rule_id for verdict in ruling.verdicts] == ["much-a", "much-b"]
        assert ruling.failures == []
    together = sign_columns(dockets)["input_sign"]
    with pytest.raises(duckdb.Error):
        duckdb.sql(f"SELECT {together} FROM (SELECT 'ax' AS input)").fetchall()


def test_repeats_and_order() -> None:
    """Counting, repeating, before and after, over the spans of a trace."""
    ask, do = {"span_type": "tool", "name": "ask"}, {"span_type": "tool", "name": "do"}
    action, required = "name = 'do'", "name = 'ask'"
    before = f"any_without_earlier({action}, {required})"
    assert not breaks(before, "trace", ask, do)
    assert breaks(before, "trace", do, ask)
    assert breaks(before, "trace", do)
    assert not breaks(before, "trace", ask)
    after = f"any_after({action}, {required})"
    assert breaks(after, "trace", ask, do)
    assert not breaks(after, "trace", do, ask)
    later = f"any_without_later({required}, {action})"
    assert not breaks(later, "trace", ask, do)
    assert breaks(later, "trace", ask, do, ask)
    twice = "count_spans(repeat_number = 2 AND span_type = 'tool') = 1"
    assert breaks(twice, "trace", {**do, "input": "a"}, {**do, "input": "a"})
    assert not breaks(twice, "trace", {**do, "input": "a"}, {**do, "input": "b"})
    spent = "sum_spans(tokens, span_type = 'llm') > 10 AND max_spans(tokens_in, true) = 8"
    llm = {"span_type": "llm", "tokens_in": 8, "tokens_out": 1}
    assert breaks(spent, "trace", llm, llm)


def test_a_required_step_that_overlaps_is_not_before() -> None:
    """An approval that is still waited for when the action begins approves nothing."""
    ask = {"name": "ask", "start_ns": 10**18, "end_ns": 10**18 + 10**9}
    do = {"name": "do", "start_ns": 10**18 + 5 * 10**8, "end_ns": 10**18 + 10**9}
    assert breaks("any_without_earlier(name = 'do', name = 'ask')", "trace", ask, do)


def test_witnesses_and_evidence() -> None:
    """A verdict on a trace names the spans, one on a span the place in its text."""
    (trace,) = judged("count_spans(name = 'b') > 0", "trace", {"name": "a"}, {"name": "b"}).verdicts
    assert trace.witnesses == [f"{2:016x}"]
    text = "é😀 call +49 30 901820 now"
    (span,) = judged("has_personal_data(output, 'phone')", "span", {"output": text}).verdicts
    (place,) = span.evidence
    start, length = place["start"], place["length"]
    assert text[start : start + length] == "+49 30 901820"


@pytest.mark.parametrize(
    ("given", "path", "marked"),
    [
        ('{"order": 7, "euros": 250.0}', "$.euros", ["250.0"]),
        ('{"order": 7, "euros" : 250.10}', "euros", ["250.10"]),
        ('{"was": {"euros": 5}, "euros": 250}', "$.euros", ["250"]),
        ('{"é": "😀", "to": {"iban": "x"}}', "$.to.iban", ['"x"']),
        ('{"a-b": true}', '$."a-b"', ["true"]),
        ('{"euros": null}', "$.euros", []),
        ('{"say": "\\"no\\""}', "$.say", []),
        ('{"euros": [250]}', "$.euros[0]", []),
        ("250 euros", "$.euros", []),
    ],
)
def test_where_a_value_stands(given: str, path: str, marked: list[str]) -> None:
    """A value of JSON is marked where it is written, and nothing is where that is not sure."""
    when = f"coalesce(arg('{path}'), 'x') <> 'y'"
    (verdict,) = judged(when, "span", {"input": given}).verdicts
    places = [(each["start"], each["length"]) for each in verdict.evidence]
    assert [given[start : start + length] for start, length in places] == marked


def test_a_large_payment_is_marked() -> None:
    """The tool's name and the amount."""
    docket = docket_of(SHIPPED["large-payment"])
    spans, traces = tables_of([[TOOL | {"name": "make_payment"}]])
    (verdict,) = JUDGE.judge([docket], spans, traces, traces).verdicts
    assert [(each["column"], each["what"]) for each in verdict.evidence] == [
        ("name", "pattern"),
        ("input", "euros"),
    ]


def people(*names: str) -> dict[str, Any]:
    return {"span_type": "tool", "name": "git_log", "output": "\n".join(names)}


def test_many_people_are_different_people() -> None:
    """A hundred commits of two people are no bulk of personal data; ten people are, and the
    message says how many."""
    rule = SHIPPED["bulk-personal-data"]

    def said(span: dict[str, Any]) -> list[str]:
        spans, traces = tables_of([[span]])
        found = JUDGE.judge([docket_of(rule)], spans, traces, traces).verdicts
        return [rule.filled(each.values) for each in found]

    assert said(people(*["ada@x.org", "Bob.B@X.org", "bob.b@x.org"] * 100)) == []
    twelve = [f"a{number}@x.org" for number in range(12)]
    assert said(people(*twelve, *twelve)) == ["git_log returned 12 e-mail addresses"]


@pytest.mark.parametrize(
    ("message", "value", "expected"),
    [
        ("{name} was called", "run_shell", "run_shell was called"),
        ("{personal_data_kind(input)} in it", "card number", "Card number in it"),
        ("the tool {name}", "search", "The tool search"),
    ],
)
def test_how_a_message_begins(message: str, value: str, expected: str) -> None:
    """With a capital letter, unless it begins with a name, which stays as it is."""
    assert rule("true", message=message).filled([value]) == expected


def test_running_traces_and_environments() -> None:
    """A trace that runs is judged by rules for that alone, and a rule for an environment there
    alone."""
    running = {"name": "a", "running": True}
    assert not breaks("span_count > 0", "trace", running)
    assert breaks("span_count > 0", "trace", running, while_running=True)
    assert not breaks("true", "span", {"name": "a"}, environments=["prod"])
    assert breaks("true", "span", {"name": "a", "environment": "prod"}, environments=["prod"])


def test_one_rule_that_fails_costs_no_other() -> None:
    """The others' verdicts are there, and the failure is told with its rule."""
    tables = tables_of([[{"name": "a", "tokens_in": 2**62}]])
    bad = docket_of(rule("tokens_in * tokens_in * tokens_in > 1", id="bad"))
    bad = bad._replace(condition="error('no')")
    ruling = JUDGE.judge([bad, docket_of(rule("name = 'a'"))], *tables, tables[1])
    assert [verdict.rule_id for verdict in ruling.verdicts] == ["it"]
    assert [failure.rule_id for failure in ruling.failures] == ["bad"]


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|a)*b", "(.*a){20}", "([a-z]+)*[0-9]", "(x+x+)+y", "^(a?){30}a{30}$"]
)
def test_patterns_take_linear_time(pattern: str) -> None:
    """Patterns that bring backtracking engines to a halt are done with long texts before a rule is
    stopped."""
    text = "a" * 50_000 + "!"
    judged(f"regexp_matches(output, '{pattern}')", "span", {"output": text})


@given(st.text(max_size=60) | st.from_regex(r"[a-z_]{1,12}\([a-z', ]{0,20}\)( [<=>] \d)?"))
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    """Whatever is written, it is refused with words, or DuckDB is given SQL in which no table and
    no function of its own stands; never another error."""
    for scope in ("span", "trace", "session"):
        try:
            sql = compile_expression(text, scope).sql
        except ConditionError:
            continue
        assert not re.search(r"\b(FROM|SELECT)\b", re.sub(r"'(?:[^']|'')*'", "", sql))


def slow(rule_id: str) -> Docket:
    """What no condition compiles to: it computes for hours and heeds no interrupt in between."""
    docket = docket_of(rule("name = 'a'", id=rule_id))
    return docket._replace(condition="length(repeat(repeat('a', 30000), 30000)) > 0")


def endless(rule_id: str) -> Docket:
    docket = docket_of(rule("name = 'a'", id=rule_id))
    many = "(SELECT count(*) FROM range(100000000) a, range(100000000) b)"
    return docket._replace(condition=f"{many} > 0")


def test_a_rule_that_takes_too_long_is_stopped() -> None:
    """It is interrupted, or its process is ended and started again; the other rules are judged,
    and so is the next batch."""
    sandbox = Sandbox(rule_seconds=0.5, patience=1.0)
    tables = tables_of([[{"name": "a"}]])
    good = docket_of(rule("name = 'a'"))
    try:
        for hostile in (endless("endless"), slow("slow")):
            ruling = sandbox.judge([hostile, good], *tables, tables[1])
            assert [verdict.rule_id for verdict in ruling.verdicts] == ["it"]
            assert {failure.rule_id for failure in ruling.failures} <= {hostile.rule_id}
        ruling = sandbox.judge([endless("endless")], *tables, tables[1])
        assert [failure.rule_id for failure in ruling.failures] == ["endless"]
        assert sandbox.judge([good], *tables, tables[1]).verdicts
    finally:
        sandbox.close()


@pytest.mark.parametrize(
    "sql",
    [
        "(SELECT count(*) FROM read_text('/etc/passwd')) > 0",
        "(SELECT count(*) FROM duckdb_secrets()) > 0 AND getenv('PATH') <> ''",
        "(SELECT count(*) FROM glob('/*')) > 0",
    ],
)
def test_the_judge_has_nothing_outside(sql: str) -> None:
    """Even what no rule can say reaches no file and no environment from where rules are judged."""
    docket = docket_of(rule("name = 'a'"))._replace(condition=sql)
    tables = tables_of([[{"name": "a"}]])
    ruling = JUDGE.judge([docket], *tables, tables[1])
    assert ruling.verdicts == []


AWS = "wJalrXUtn7FEMI/K7MDENG/bPxRfiCYzq3+TrK0a"
SECRETS: Sequence[tuple[str, bool]] = [
    ("sk-proj-" + "a1B2c3D4" * 6, True),
    ("sk-ant-api03-" + "x9Y8z7" * 10, True),
    ("ghp_" + "a1B2" * 9, True),
    ("AKIAIOSFODNN7PRODKEY", True),
    ("postgres://shop:S3cr3tW0rd@db/shop", True),
    ("-----BEGIN OPENSSH PRIVATE KEY-----", True),
    ("xoxb-1234567890-abcdefghij", True),
    ("npm_" + "a1B2c3D4" * 4 + "e5F6", True),
    ("sk-your-key-here-1234567890 sk-proj-" + "a1B2c3D4" * 6, True),
    ("aws_secret_access_key = " + AWS, True),
    ("SECRET_ACCESS_KEY: '" + AWS + "'", True),
    ('{\\"SecretAccessKey\\": \\"' + AWS + '\\"}', True),
    ("<SecretAccessKey>" + AWS + "</SecretAccessKey>", True),
    ("redis://:S3cr3tW0rd@cache:6379/0", True),
    ("rediss://:pa$$w0rd!@10.0.0.7", True),
    ("secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", False),
    ("secret_access_key = YOUR_SECRET_ACCESS_KEY", False),
    ("secret_access_key = " + "x" * 40, False),
    ("secret_access_key = settings.secret_access_key", False),
    ("a hash: " + AWS, False),
    ("redis://:password@localhost:6379", False),
    ("redis://:<password>@localhost", False),
    ("redis://:your-password@localhost", False),
    ("redis://:${REDIS_AUTH}@cache", False),
    ("redis://:$REDIS_AUTH@cache", False),
    ("redis://:REDIS_PASSWORD@cache", False),
    ("redis://:{word}@cache, redis://:%s@cache, redis://:****@cache", False),
    ("redis://cache:6379 for ada@example.com", False),
    ("sk-your-api-key-here-1234567890", False),
    ("AKIAIOSFODNN7EXAMPLE", False),
    ("postgresql://postgres:postgres@localhost:5432/app", False),
    ("sk-learn-is-a-library-for-machine-learning", False),
    ("the task-1234567890 and sha256 " + "ab12" * 16, False),
    ("https://user:password@example.com", False),
    ("550e8400-e29b-41d4-a716-446655440000", False),
]


@pytest.mark.parametrize(("text", "expected"), SECRETS)
def test_secrets(text: str, expected: bool) -> None:
    """Keys of known forms are found, names, hashes, ids and placeholders are not."""
    assert breaks("has_secret(output)", "span", {"output": f"It is {text} ."}) == expected


PERSONAL: Sequence[tuple[str, str, bool]] = [
    ("email", "ada.lovelace@example.com", True),
    ("email", "noreply@example.com", False),
    ("email", "git@github.com:a/b", False),
    ("email", "@pytest.fixture", False),
    ("email", "icon@2x.png", False),
    ("email", "li@163.com", True),
    ("phone", "+44 20 7946 0958", True),
    ("phone", "2 + 2 = 4, +1", False),
    ("card", "5555-5555-5555-4444", True),
    ("card", "378282246310005", True),
    ("card", "4111111111111112", False),
    ("card", "1730000000000000000", False),
    ("card", "0000 0000 0000 0000", False),
    ("iban", "GB29 NWBK 6016 1331 9268 19", True),
    ("iban", "GB29 NWBK 6016 1331 9268 18", False),
    ("ssn", "536-90-4399", True),
    ("ssn", "2026-11-02", False),
    ("ssn", "123-45-6789", False),
]


@pytest.mark.parametrize(("kind", "text", "expected"), PERSONAL)
def test_personal_data(kind: str, text: str, expected: bool) -> None:
    """Numbers count if their check digits hold; addresses of nobody do not."""
    when = f"has_personal_data(output, '{kind}')"
    assert breaks(when, "span", {"output": f"It is {text} ."}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://api.example.com/v1", False),
        ("see https://sub.example.org:8443/x", False),
        ("see http://evil.test/?u=https://api.example.com", True),
        ("see https://api.example.com@evil.test/", True),
        ("see https://api.example.com.evil.test", True),
        ("no address at all", False),
    ],
)
def test_hosts(text: str, expected: bool) -> None:
    """Hosts in URLs that are not listed, also where the URL hides which host it is."""
    when = "names_host_outside(input, 'api.example.com', '*.example.org')"
    assert breaks(when, "span", {"input": text}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Where is my parcel? I have been waiting for more than a week now.", "en"),
        ("Das Paket kommt morgen früh an. Vielen Dank für Ihre Geduld.", "de"),
        (
            '[{"role": "user", "content": "Bonjour, je voudrais savoir quand mon colis '
            'va enfin arriver chez moi."}]',
            "fr",
        ),
        ("OK, thanks", None),
        ("def total(xs): return sum(x.a for x in xs) # x1 x2 x3 x4 x5 x6 x7 x8", None),
        ("4111 1111 1111 1111", None),
    ],
)
def test_languages(text: str, expected: str | None) -> None:
    """Sentences have one, also within JSON; few words and code have none."""
    when = "language(output) IS NULL" if expected is None else f"language(output) = '{expected}'"
    assert breaks(when, "span", {"output": text})
