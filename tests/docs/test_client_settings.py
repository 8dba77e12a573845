"""docs/client.md: its table of settings is what the client reads."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from audittrail.otel_exporter import AuditTrailSpanExporter, AuditTrailSpanProcessor, configure
from audittrail.otel_exporter.settings import Settings
from tests.docs.blocks import ROOT

_SPOOL: Final = Path("audittrail") / "spool"


@dataclass(frozen=True)
class Row:
    variables: tuple[str, ...]
    default: str | None
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Read:
    """What a row's variables are read into; ``told`` are two values and what they become."""

    field: Callable[[Settings], Any]
    told: Mapping[str, Any]


def _rows() -> list[Row]:
    section = (ROOT / "docs/client.md").read_text().split("\n## Settings\n")[1].split("\n## ")[0]
    found = re.findall(r"(?m)^\| (`[A-Z_`, ]+`) \| (.+?) \| (.+?) \| .+ \|$", section)

    def names(cell: str) -> tuple[str, ...]:
        return tuple(re.findall(r"`([^`]+)`", cell))

    return [Row(names(row[0]), next(iter(names(row[1])), None), names(row[2])) for row in found]


ROWS: Final = _rows()
# Read by OpenTelemetry's SDK itself.
_OF_THE_SDK: Final = {"OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_SDK_DISABLED"}
# Named in the text of a row.
_IN_PASSING: Final = {"XDG_STATE_HOME"}
_NUMBERS: Final = {"7": 7, "8": 8}
_FILES: Final = {"a.pem": "a.pem", "b.pem": "b.pem"}
READ: Final = {
    "AUDITTRAIL_ENDPOINT": Read(
        lambda settings: settings.endpoint.address.removesuffix("/v1/traces"),
        {"http://a:1": "http://a:1", "http://b:2": "http://b:2"},
    ),
    "AUDITTRAIL_API_KEY": Read(lambda settings: settings.api_key, {"a": "a", "b": "b"}),
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS": Read(
        lambda settings: dict(settings.headers).get("x"), {"x=1": "1", "x=2": "2"}
    ),
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": Read(
        lambda settings: settings.endpoint.protocol,
        {"grpc": "grpc", "http/protobuf": "http/protobuf"},
    ),
    "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": Read(lambda settings: settings.timeout, _NUMBERS),
    "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": Read(
        lambda settings: settings.compression, {"gzip": "gzip", "none": "none"}
    ),
    "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE": Read(lambda settings: settings.certificate, _FILES),
    "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY": Read(lambda settings: settings.client_key, _FILES),
    "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE": Read(
        lambda settings: settings.client_certificate, _FILES
    ),
    "AUDITTRAIL_LIVE": Read(lambda settings: settings.live, {"false": False, "true": True}),
    "AUDITTRAIL_SPOOL_DIR": Read(
        lambda settings: settings.spool_dir, {"": None, "/a": Path("/a") / _SPOOL}
    ),
    "AUDITTRAIL_SPOOL_MAX_BYTES": Read(lambda settings: settings.spool_max_bytes, _NUMBERS),
    "OTEL_BSP_SCHEDULE_DELAY": Read(lambda settings: settings.schedule_delay_millis, _NUMBERS),
    "OTEL_BSP_MAX_QUEUE_SIZE": Read(lambda settings: settings.max_queue_size, _NUMBERS),
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": Read(
        lambda settings: settings.max_export_batch_size, _NUMBERS
    ),
    # Only gRPC has it.
    "OTEL_EXPORTER_OTLP_TRACES_INSECURE": Read(
        lambda settings: settings.endpoint.insecure, {"false": False, "true": True}
    ),
}


class _Spy(dict[str, str]):
    """Variables that tell which of them were asked for."""

    def __init__(self, **variables: str) -> None:
        super().__init__(variables)
        self.asked: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)


def _read(row: Row, **variables: str) -> Any:
    grpc = row.variables[0].endswith("INSECURE")
    settings = Settings.read(
        "host:4317" if grpc else None, protocol="grpc" if grpc else None, environ=variables
    )
    return READ[row.variables[0]].field(settings)


def _name(row: Row) -> str:
    return row.variables[0]


OF_THE_CLIENT: Final = [row for row in ROWS if row.variables[0] not in _OF_THE_SDK]


def test_every_variable_that_is_read() -> None:
    """No other is in the table, but for those that the SDK reads."""
    plain, grpc = _Spy(), _Spy()
    Settings.read(environ=plain)
    Settings.read("host", protocol="grpc", environ=grpc)
    documented = [name for row in ROWS for name in row.variables]
    assert len(documented) == len({*documented})
    assert (plain.asked | grpc.asked | _OF_THE_SDK) - {""} == {*documented} | _IN_PASSING
    assert [_name(row) for row in OF_THE_CLIENT if _name(row) not in READ] == []


@pytest.mark.parametrize("row", OF_THE_CLIENT, ids=_name)
def test_each_variable_counts(row: Row) -> None:
    """Alone; and before those that stand after it."""
    told = READ[_name(row)].told
    for name in row.variables:
        assert {text: _read(row, **{name: text}) for text in told} == told
    for first, second in zip(row.variables, row.variables[1:], strict=False):
        for text, other in (tuple(told), tuple(told)[::-1]):
            assert _read(row, **{first: text, second: other}) == told[text]


@pytest.mark.parametrize("row", OF_THE_CLIENT, ids=_name)
def test_default(row: Row) -> None:
    """What holds where nothing is set."""
    found = _read(row)
    if _name(row) == "AUDITTRAIL_SPOOL_DIR":
        assert found == Path.home() / ".local" / "state" / _SPOOL
    elif row.default is None:
        assert found is None
    else:
        assert str(found).lower().removesuffix(".0") == row.default


@pytest.mark.parametrize("row", ROWS, ids=_name)
def test_arguments(row: Row) -> None:
    """Each is one of configure's, or of the exporter's or the processor's."""
    callables: tuple[Callable[..., Any], ...] = (
        configure,
        AuditTrailSpanExporter,
        AuditTrailSpanProcessor,
    )
    known = {name for each in callables for name in inspect.signature(each).parameters}
    assert {*row.arguments} <= known


@pytest.mark.parametrize(
    ("said", "api", "dashboard"),
    [
        ({}, "http://localhost:8000", "http://localhost:3000"),
        (
            {"AUDITTRAIL_ENDPOINT": "http://a:4318"},
            "http://localhost:8000",
            "http://localhost:3000",
        ),
        ({"AUDITTRAIL_ENDPOINT": "http://a:8000"}, "http://a:8000", "http://localhost:3000"),
        (
            {"AUDITTRAIL_API_URL": "http://b:1", "AUDITTRAIL_DASHBOARD_URL": "http://c:2"},
            "http://b:1",
            "http://c:2",
        ),
    ],
)
def test_addresses_of_the_api_and_the_dashboard(
    said: dict[str, str], api: str, dashboard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the text says: their own variables, then the endpoint unless it is one of OTLP's."""
    from audittrail.ingestor import AuditTrailIngestor

    for name in ("AUDITTRAIL_ENDPOINT", "AUDITTRAIL_API_URL", "AUDITTRAIL_DASHBOARD_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    with AuditTrailIngestor() as ingestor:
        assert (ingestor.api_url, ingestor.dashboard_url) == (api, dashboard)
