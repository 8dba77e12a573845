"""Settings: argument, then AUDITTRAIL_*, then OTEL_*, then the default."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from audittrail.errors import SettingsError
from audittrail.otel_exporter.settings import Settings
from audittrail.otel_exporter.settings.credentials import shown_key

KEY = "sk-at-384327abcdefghijklmnop"
OTLP = "OTEL_EXPORTER_OTLP_"
TRACES = "OTEL_EXPORTER_OTLP_TRACES_"


def read(environ: dict[str, str] | None = None, **arguments: Any) -> Settings:
    return Settings.read(environ=environ or {}, **arguments)


def test_with_nothing_set() -> None:
    settings = read()
    assert settings.endpoint.address == "http://localhost:4318/v1/traces"
    assert settings.endpoint.protocol == "http/protobuf"
    assert settings.api_key is None
    assert settings.headers == ()
    assert settings.timeout == 10
    assert settings.compression == "none"
    assert settings.max_request_bytes == 4 << 20
    assert settings.spool_max_bytes == 256 << 20
    assert settings.live


def test_an_argument_wins_over_all_variables() -> None:
    environ = {"AUDITTRAIL_ENDPOINT": "http://b", f"{TRACES}ENDPOINT": "http://c"}
    assert read(environ, endpoint="http://a").endpoint.address == "http://a/v1/traces"


def test_the_order_of_the_variables() -> None:
    environ = {
        "AUDITTRAIL_ENDPOINT": "http://a",
        f"{TRACES}ENDPOINT": "http://b",
        f"{OTLP}ENDPOINT": "http://c",
    }
    found = []
    for name in list(environ):
        found.append(read(environ).endpoint.address)
        del environ[name]
    assert found == ["http://a/v1/traces", "http://b", "http://c/v1/traces"]


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("http://host:8000", "http://host:8000/v1/traces"),
        ("http://host:8000/", "http://host:8000/v1/traces"),
        ("http://host/v1/traces", "http://host/v1/traces"),
        ("http://host/v1/traces/", "http://host/v1/traces"),
        ("https://host/audit", "https://host/audit/v1/traces"),
        ("host:4318", "http://host:4318/v1/traces"),
        ("http://[::1]:4318", "http://[::1]:4318/v1/traces"),
        (" http://host ", "http://host/v1/traces"),
    ],
)
def test_addresses_for_http(given: str, address: str) -> None:
    assert read(endpoint=given).endpoint.address == address


@pytest.mark.parametrize(
    ("given", "target", "insecure"),
    [
        ("http://host:4317", "host:4317", True),
        ("https://host:4317", "host:4317", False),
        ("https://host", "host:443", False),
        ("host:4317", "host:4317", True),
        ("host", "host:4317", True),
        ("http://[::1]:4317", "[::1]:4317", True),
        ("unix:///run/otlp.sock", "unix:///run/otlp.sock", True),
        ("dns:///host:4317", "dns:///host:4317", True),
    ],
)
def test_addresses_for_grpc(given: str, target: str, insecure: bool) -> None:
    endpoint = read(endpoint=given, protocol="grpc").endpoint
    assert (endpoint.address, endpoint.insecure) == (target, insecure)


def test_a_scheme_says_more_than_the_variable_for_insecure() -> None:
    environ = {f"{OTLP}INSECURE": "false"}
    assert not read(environ, endpoint="host:4317", protocol="grpc").endpoint.insecure
    assert read(environ, endpoint="http://host:4317", protocol="grpc").endpoint.insecure


def test_the_port_of_grpc_says_the_protocol_where_nothing_else_does() -> None:
    assert read(endpoint="http://host:4317").endpoint.protocol == "grpc"
    said = read(endpoint="http://host:4317", protocol="http/protobuf").endpoint
    assert said.address == "http://host:4317/v1/traces"


@pytest.mark.parametrize("name", [f"{TRACES}PROTOCOL", f"{OTLP}PROTOCOL"])
def test_the_protocol_of_the_environment(name: str) -> None:
    endpoint = read({name: "grpc"}).endpoint
    assert (endpoint.protocol, endpoint.address) == ("grpc", "localhost:4317")


def test_the_key_goes_as_bearer() -> None:
    settings = read({"AUDITTRAIL_API_KEY": f"{KEY}\n"})
    assert settings.api_key == KEY
    assert dict(settings.headers) == {"authorization": f"Bearer {KEY}"}


@pytest.mark.parametrize(
    ("arguments", "variables", "sent"),
    [
        ({"api_key": "a", "headers": {"Authorization": "b"}}, {}, "Bearer a"),
        ({"headers": {"Authorization": "b"}}, {"AUDITTRAIL_API_KEY": "c"}, "b"),
        ({}, {"AUDITTRAIL_API_KEY": "c", f"{OTLP}HEADERS": "authorization=d"}, "Bearer c"),
        ({}, {f"{TRACES}HEADERS": "authorization=d", f"{OTLP}HEADERS": "authorization=e"}, "d"),
        ({"endpoint": "http://u:p@host"}, {f"{OTLP}HEADERS": "Authorization=Basic%20e"}, "Basic e"),
        ({"endpoint": "http://u:p%21@host"}, {}, "Basic dTpwIQ=="),
    ],
)
def test_which_authorization_is_sent(
    arguments: dict[str, Any], variables: dict[str, str], sent: str
) -> None:
    settings = read(variables, **arguments)
    assert dict(settings.headers)["authorization"] == sent
    assert "@" not in settings.endpoint.address


def test_headers_of_the_environment_are_percent_encoded() -> None:
    """A part that is wrong costs itself alone."""
    settings = read({f"{OTLP}HEADERS": "X-One=a%20b, oops, x-two=c=d,x-three="})
    assert dict(settings.headers) == {"x-one": "a b", "x-two": "c=d", "x-three": ""}


def test_secrets_are_not_shown() -> None:
    settings = read(api_key=KEY, endpoint="http://user:password@host")
    assert KEY not in repr(settings)
    assert "password" not in repr(settings)
    assert shown_key(settings.headers) == "sk-at-384327..."
    assert shown_key((("authorization", "Bearer short"),)) is None


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        (f"{OTLP}TIMEOUT", "2.5", "timeout", 2.5),
        (f"{TRACES}TIMEOUT", "10000", "timeout", 10.0),
        (f"{OTLP}COMPRESSION", "gzip", "compression", "gzip"),
        (f"{OTLP}CERTIFICATE", "/ca.pem", "certificate", "/ca.pem"),
        (f"{OTLP}CLIENT_KEY", "/key.pem", "client_key", "/key.pem"),
        (f"{OTLP}CLIENT_CERTIFICATE", "/me.pem", "client_certificate", "/me.pem"),
        ("AUDITTRAIL_LIVE", "false", "live", False),
        ("AUDITTRAIL_SPOOL_MAX_BYTES", "1000", "spool_max_bytes", 1000),
        ("OTEL_BSP_SCHEDULE_DELAY", "250", "schedule_delay_millis", 250.0),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "4096", "max_queue_size", 4096),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "64", "max_export_batch_size", 64),
    ],
)
def test_other_variables(name: str, value: str, field: str, expected: object) -> None:
    assert getattr(read({name: value}), field) == expected
    assert read({name: ""}) == read()


def test_a_batch_is_no_larger_than_the_queue() -> None:
    assert read({"OTEL_BSP_MAX_QUEUE_SIZE": "10"}).max_export_batch_size == 10


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUDITTRAIL_ENDPOINT", "ftp://host"),
        ("AUDITTRAIL_ENDPOINT", "http://host:port"),
        ("AUDITTRAIL_ENDPOINT", "http://"),
        ("AUDITTRAIL_API_KEY", "schlüssel"),
        ("AUDITTRAIL_API_KEY", "two words"),
        ("AUDITTRAIL_LIVE", "perhaps"),
        ("AUDITTRAIL_SPOOL_MAX_BYTES", "256MiB"),
        (f"{OTLP}TIMEOUT", "-1"),
        (f"{OTLP}TIMEOUT", "nan"),
        (f"{OTLP}PROTOCOL", "http/json"),
        (f"{OTLP}COMPRESSION", "zip"),
        (f"{OTLP}HEADERS", "x=%0aboo"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
    ],
)
def test_what_is_wrong_in_the_environment_is_logged(
    name: str, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    """And the default taken."""
    assert read({name: value}) == read()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


@pytest.mark.parametrize(
    "arguments",
    [
        {"endpoint": "ftp://host"},
        {"endpoint": ""},
        {"api_key": "two words"},
        {"api_key": "line\nbreak"},
        {"protocol": "http/json"},
        {"headers": {"x": "line\nbreak"}},
        {"headers": "x=y"},
        {"timeout": 0},
        {"timeout": float("nan")},
        {"compression": "zip"},
        {"max_request_bytes": 0},
        {"spool_max_bytes": -1},
    ],
)
def test_what_is_wrong_in_an_argument_is_an_error(arguments: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        read(**arguments)


@pytest.mark.parametrize(
    ("argument", "variables", "expected"),
    [
        ("/a", {"AUDITTRAIL_SPOOL_DIR": "/b"}, "/a/audittrail/spool"),
        (None, {"AUDITTRAIL_SPOOL_DIR": "/b", "XDG_STATE_HOME": "/c"}, "/b/audittrail/spool"),
        (None, {"XDG_STATE_HOME": "/c"}, "/c/audittrail/spool"),
        ("", {"AUDITTRAIL_SPOOL_DIR": "/b"}, None),
        (None, {"AUDITTRAIL_SPOOL_DIR": "", "XDG_STATE_HOME": "/c"}, None),
    ],
)
def test_where_the_spool_is(
    argument: str | None, variables: dict[str, str], expected: str | None
) -> None:
    found = read(variables, spool_dir=argument).spool_dir
    assert found == (expected and Path(expected))


def test_by_default_the_spool_is_where_state_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    assert read().spool_dir == Path("/home/somebody/.local/state/audittrail/spool")


def test_a_relative_folder_stays_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the agent changes its working directory."""
    monkeypatch.chdir(tmp_path)
    assert read(spool_dir="here").spool_dir == tmp_path / "here" / "audittrail" / "spool"
