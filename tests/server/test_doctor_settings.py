"""What ``audittrail doctor`` makes of an exporter's environment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audittrail.server.doctor import Check, Examination, environment, find_target


def findings(**environ: str) -> dict[str, Check]:
    """What is not ok in an exporter's environment."""
    exam = Examination(find_target(environ, None))
    checks = (
        environment.check_sdk,
        environment.check_traces_exporter,
        environment.check_endpoint,
        environment.check_protocol,
        environment.check_headers,
        environment.check_metrics_exporter,
        environment.check_proxy,
    )
    found = [each for check in checks for each in check(exam)]
    return {check.name: check for check in found if check.status != "ok"}


GOOD = {
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
}
KEY = "sk-at-" + "5" * 48


@pytest.mark.parametrize(
    "environ",
    [
        {},
        GOOD,
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://h:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
        {
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://h/v1/traces",
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
        },
        {**GOOD, "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer%20{KEY}"},
        {**GOOD, "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer {KEY}"},
        {**GOOD, "OTEL_EXPORTER_OTLP_HEADERS": f"x-tenant=7, authorization=bearer%20{KEY}"},
        {**GOOD, "OTEL_EXPORTER_OTLP_HEADERS": f"x-api-key={KEY}"},
        {**GOOD, "OTEL_TRACES_EXPORTER": "console,otlp", "OTEL_METRICS_EXPORTER": "none"},
        {**GOOD, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://metrics:4318/v1/metrics"},
        {**GOOD, "HTTP_PROXY": "http://proxy:3128", "NO_PROXY": "*"},
        {**GOOD, "http_proxy": "http://proxy:3128", "no_proxy": "10.0.0.1, 127.0.0.1"},
        {"AUDITTRAIL_ENDPOINT": "http://127.0.0.1:4318", "AUDITTRAIL_API_KEY": KEY},
        {"AUDITTRAIL_ENDPOINT": "http://127.0.0.1:8000", "OTEL_TRACES_EXPORTER": "audittrail"},
    ],
)
def test_settings_that_work_are_ok(environ: dict[str, str]) -> None:
    """Nothing that an exporter takes is complained about."""
    assert findings(**environ) == {}


@pytest.mark.parametrize(
    ("environ", "name", "status", "remedy"),
    [
        ({"OTEL_SDK_DISABLED": "True"}, "SDK", "failed", "Unset OTEL_SDK_DISABLED"),
        ({"OTEL_TRACES_EXPORTER": "none"}, "Traces exporter", "failed", "otlp"),
        ({"OTEL_TRACES_EXPORTER": "jaeger"}, "Traces exporter", "warning", "=otlp"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "127.0.0.1:4318"}, "Endpoint", "failed", "http://127"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": '"http://h:4318"'}, "Endpoint", "failed", "bare URL"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://h :4318"}, "Endpoint", "failed", "bare URL"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://h:99999"}, "Endpoint", "failed", "HOST:PORT"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "grpc://h:4318"}, "Endpoint", "failed", "HOST:PORT"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://0.0.0.0:4318"}, "Endpoint", "warning", "127.0"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://h:4318/v1/traces/"},
            "Endpoint",
            "failed",
            "OTEL_EXPORTER_OTLP_ENDPOINT=http://h:4318",
        ),
        (
            {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://h:4318"},
            "Endpoint",
            "failed",
            "ENDPOINT=http://h:4318/v1/traces",
        ),
        (
            {
                "OTEL_EXPORTER_OTLP_ENDPOINT": "localhost:4317",
                "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
            },
            "Endpoint",
            "warning",
            "http://localhost:4317",
        ),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "http"}, "Protocol", "failed", "http/protobuf"),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "Protocol", "failed", "http/protobuf"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://h:4317"}, "Protocol", "failed", "=grpc"),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": ""}, "Protocol", "warning", "=http/protobuf"),
        ({"OTEL_EXPORTER_OTLP_HEADERS": f"Authorization: Bearer {KEY}"}, "Headers", "failed", ""),
        ({"OTEL_EXPORTER_OTLP_HEADERS": f"Authorization={KEY}"}, "Headers", "failed", "Bearer"),
        ({"OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Bearer%20"}, "Headers", "failed", "key"),
        (
            {"OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer%2520{KEY}"},
            "Headers",
            "failed",
            "Bearer%20",
        ),
        (
            {"OTEL_EXPORTER_OTLP_HEADERS": f'Authorization="Bearer {KEY}"'},
            "Headers",
            "failed",
            "",
        ),
        ({"OTEL_EXPORTER_OTLP_HEADERS": "x-tenant=7"}, "Headers", "warning", "Authorization"),
        ({"AUDITTRAIL_API_KEY": KEY}, "Headers", "warning", "OTEL_EXPORTER_OTLP_HEADERS"),
        (
            {
                "AUDITTRAIL_API_KEY": KEY,
                "OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Bearer%20sk-at-other",
            },
            "Headers",
            "warning",
            "--api-key",
        ),
        ({"OTEL_METRICS_EXPORTER": "otlp"}, "Metrics exporter", "warning", "=none"),
        (
            {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://127.0.0.1:4318/v1/metrics"},
            "Metrics exporter",
            "warning",
            "=none",
        ),
        ({"HTTP_PROXY": "http://proxy:3128"}, "Proxy", "warning", "NO_PROXY"),
        ({"ALL_PROXY": "socks5://proxy", "NO_PROXY": "internal"}, "Proxy", "warning", "NO_PROXY"),
    ],
)
def test_mistakes_are_named_with_a_remedy(
    environ: dict[str, str], name: str, status: str, remedy: str
) -> None:
    """One mistake in good settings gives one finding, which says how to mend it and never holds
    the key."""
    settings = {**GOOD, **environ}
    if "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" in environ:
        del settings["OTEL_EXPORTER_OTLP_ENDPOINT"]
    found = findings(**settings)
    assert list(found) == [name]
    assert found[name].status == status
    assert remedy in (found[name].remedy or "")
    assert KEY not in f"{found[name]}"


@pytest.mark.parametrize(
    ("exporter", "endpoint"), [("audittrail", "http://ours"), ("otlp", "http://plain")]
)
def test_the_endpoint_is_that_of_the_exporter(exporter: str, endpoint: str) -> None:
    """AuditTrail's exporter reads AUDITTRAIL_ENDPOINT before what all exporters read."""
    environ = {
        "OTEL_TRACES_EXPORTER": exporter,
        "AUDITTRAIL_ENDPOINT": "http://ours",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://plain",
    }
    assert find_target(environ, None).endpoint == endpoint


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
                "OTEL_EXPORTER_OTLP_HEADERS",
                "OTEL_EXPORTER_OTLP_PROTOCOL",
                "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
                "OTEL_TRACES_EXPORTER",
                "OTEL_METRICS_EXPORTER",
                "HTTP_PROXY",
                "NO_PROXY",
                "AUDITTRAIL_API_KEY",
            ]
        ),
        st.one_of(
            st.text(max_size=40),
            st.from_regex(r"(http|https|grpc)://[\w.\[\]:@-]{0,20}(:\d{1,6})?(/[\w/]*)?"),
        ),
    )
)
def test_no_environment_makes_it_raise(environ: dict[str, str]) -> None:
    """Whatever the variables hold, each check of them gives a result."""
    exam = Examination(find_target(environ, None))
    for check in (
        environment.check_sdk,
        environment.check_traces_exporter,
        environment.check_endpoint,
        environment.check_protocol,
        environment.check_headers,
        environment.check_metrics_exporter,
        environment.check_proxy,
    ):
        assert list(check(exam))
