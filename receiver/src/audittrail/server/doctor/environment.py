"""The exporter's environment: what OpenTelemetry SDKs read before any code of the agent runs.

https://opentelemetry.io/docs/specs/otel/protocol/exporter/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from audittrail.server.doctor.check import Check, failed, ok, warning
from audittrail.server.doctor.examination import Examination
from audittrail.server.doctor.headers import Header, credential, masked, parse_headers
from audittrail.server.doctor.target import (
    ENDPOINT,
    HEADERS,
    OWN_ENDPOINT,
    OWN_EXPORTER,
    OWN_KEY,
    PROTOCOL,
    TRACES_ENDPOINT,
    TRACES_HEADERS,
    TRACES_PROTOCOL,
    Target,
    parse_address,
)

__all__ = [
    "check_endpoint",
    "check_headers",
    "check_metrics_exporter",
    "check_protocol",
    "check_proxy",
    "check_sdk",
    "check_traces_exporter",
]

_QUOTES: Final = "\"'“”"
_ANY_ADDRESS: Final = ("0.0.0.0", "::")  # noqa: S104 - to be recognised, not to listen on
_PROTOCOLS: Final = ("grpc", "http/protobuf", "http/json")


def check_sdk(exam: Examination) -> Iterator[Check]:
    """OTEL_SDK_DISABLED switches everything off."""
    name, value = exam.target.variable("OTEL_SDK_DISABLED")
    if value.lower() == "true":
        yield failed("SDK", f"{name} is true: nothing is recorded.", f"Unset {name}.")
    else:
        yield ok("SDK", f"{name} is not true.")


def check_traces_exporter(exam: Examination) -> Iterator[Check]:
    """OTEL_TRACES_EXPORTER may send spans elsewhere, or nowhere."""
    name, value = exam.target.variable("OTEL_TRACES_EXPORTER")
    exporters = [each.strip().lower() for each in value.split(",") if each.strip()]
    title = "Traces exporter"
    if not exporters:
        yield ok(title, f"{name} is not set; OTLP is the default.")
    elif any(each.startswith("otlp") or each == OWN_EXPORTER for each in exporters):
        yield ok(title, f"{name} is {value}.")
    elif exporters == ["none"]:
        yield failed(
            title, f"{name} is none: no span is sent.", f"Unset {name}, or set it to otlp."
        )
    else:
        yield warning(
            title,
            f"{name} is {value}, so spans do not go out as OTLP.",
            f"Set {name}=otlp, unless the agent's code adds an OTLP exporter itself.",
        )


def check_endpoint(exam: Examination) -> Iterator[Check]:
    """Where spans go, as exporters read it."""
    target = exam.target
    title = "Endpoint"
    where, endpoint = target.endpoint_from, target.endpoint
    problem = _endpoint_problem(target)
    if problem is not None:
        yield problem
    elif where == "default":
        yield ok(
            title,
            f"{ENDPOINT} is not set. Exporters use http://localhost:4318, or port 4317 for gRPC; "
            f"{endpoint} is examined.",
        )
    elif where == OWN_ENDPOINT:
        yield ok(
            title,
            f"{OWN_ENDPOINT} is {endpoint}. AuditTrail's own client reads it; plain OpenTelemetry "
            f"exporters read {ENDPOINT}.",
        )
    else:
        _, general = target.variable(ENDPOINT)
        over = f" It counts more than {ENDPOINT}." if where == TRACES_ENDPOINT and general else ""
        yield ok(title, f"{where} is {endpoint}.{over}")


def _endpoint_problem(target: Target) -> Check | None:
    title = "Endpoint"
    where, endpoint = target.endpoint_from, target.endpoint
    what = f"{where} is {endpoint!r}"
    if any(quote in endpoint for quote in _QUOTES) or len(endpoint.split()) > 1:
        return failed(
            title,
            f"{what}, with quotation marks or spaces in it.",
            "Write the bare URL. Files for docker --env-file keep quotation marks.",
        )
    scheme = endpoint.partition("://")[0].lower() if "://" in endpoint else None
    if scheme is None and target.protocol == "http":
        return failed(title, f"{what}, without a scheme.", f"Write it as a URL: http://{endpoint}")
    if scheme is None and target.variable("OTEL_EXPORTER_OTLP_INSECURE")[1].lower() != "true":
        return warning(
            title,
            f"{what}, without a scheme: exporters try TLS.",
            f"Write http://{endpoint} (or https:// if the server does have a certificate).",
        )
    address = target.address
    if scheme not in (None, "http", "https") or address is None:
        return failed(
            title,
            f"{what}, which is not an address.",
            "Write it as http://HOST:PORT, for example http://127.0.0.1:4318",
        )
    if address.host in _ANY_ADDRESS:
        return warning(
            title,
            f"{what}: that is an address to listen on.",
            "Send to 127.0.0.1 on the same machine, and to the server's name from elsewhere.",
        )
    return _path_problem(target, what) if target.protocol == "http" else None


def _path_problem(target: Target, what: str) -> Check | None:
    path = urlsplit(target.endpoint).path.rstrip("/")
    base = target.endpoint.rstrip("/").removesuffix("/v1/traces")
    if target.endpoint_from == ENDPOINT and path.endswith("/v1/traces"):
        return failed(
            "Endpoint",
            f"{what}. Exporters add /v1/traces themselves, so they post to {target.traces_url}",
            f"Set {ENDPOINT}={base}",
        )
    if target.endpoint_from == TRACES_ENDPOINT and not path.endswith("/v1/traces"):
        return failed(
            "Endpoint",
            f"{what}, and this variable is used as it is: nothing adds /v1/traces.",
            f"Set {TRACES_ENDPOINT}={base}/v1/traces, or use {ENDPOINT}={base} instead.",
        )
    return None


def check_protocol(exam: Examination) -> Iterator[Check]:
    """gRPC and HTTP have a port each, and neither is understood on the other's."""
    target = exam.target
    title = "Protocol"
    name, said = target.variable(TRACES_PROTOCOL, PROTOCOL)
    port = None if target.address is None else target.address.port
    grpc_ports = {4317, target.ports["grpc"]}
    http_ports = {4318, target.ports["http"], *({target.api.port} if target.api else ())}
    if said and said.lower() not in _PROTOCOLS:
        yield failed(
            title,
            f"{name} is {said!r}, which is none of {', '.join(_PROTOCOLS)}.",
            f"Set {name}=http/protobuf for port 4318, or grpc for port 4317.",
        )
    elif said.lower() == "grpc" and port in http_ports - grpc_ports:
        yield failed(
            title,
            f"{name} is grpc, but port {port} speaks HTTP.",
            f"Set {name}=http/protobuf, or send to port {target.ports['grpc']}.",
        )
    elif said.lower().startswith("http") and port in grpc_ports - http_ports:
        yield failed(
            title,
            f"{name} is {said}, but port {port} speaks gRPC.",
            f"Set {name}=grpc, or send to port {target.ports['http']}.",
        )
    elif not said and target.endpoint_from in (TRACES_ENDPOINT, ENDPOINT):
        wanted = "grpc" if target.protocol == "grpc" else "http/protobuf"
        yield warning(
            title,
            f"{name} is not set. Some SDKs then choose gRPC and some HTTP, whatever the port.",
            f"Set {name}={wanted}, which is what port {port} speaks.",
        )
    elif said:
        yield ok(title, f"{name} is {said}.")
    else:
        yield ok(title, f"{name} is not set, and neither is the endpoint.")


def check_headers(exam: Examination) -> Iterator[Check]:
    """The key travels in a header list with an encoding of its own."""
    target = exam.target
    title = "Headers"
    name, text = target.variable(TRACES_HEADERS, HEADERS)
    if text:
        headers = parse_headers(text)
        yield _headers_problem(target, name, headers) or ok(title, _headers_found(name, headers))
    elif target.key_from == OWN_KEY and target.endpoint_from in (TRACES_ENDPOINT, ENDPOINT):
        yield warning(
            title,
            f"{name} is not set. Plain OpenTelemetry exporters do not read {OWN_KEY}, so they "
            "send no key.",
            f'Set {name}="Authorization=Bearer%20${OWN_KEY}"',
        )
    else:
        yield ok(title, f"{name} is not set: exporters send no key. Local mode needs none.")


def _headers_problem(target: Target, name: str, headers: list[Header]) -> Check | None:
    title = "Headers"
    shape = f"Write {name}=Authorization=Bearer%20<your key>"
    if any(header.name is None for header in headers):
        return failed(
            title,
            f"A part of {name} is not of the form name=value (a colon instead of the equals "
            "sign?), and exporters drop it.",
            shape,
        )
    if any(quote in header.written for header in headers for quote in _QUOTES):
        return failed(title, f"{name} has quotation marks in a value.", shape)
    sent = {header.name: header for header in headers}
    authorization = sent.get("authorization")
    if authorization is None:
        if "x-api-key" in sent:
            return None
        return warning(title, f"{name} has no Authorization among its headers.", shape)
    if "%25" in authorization.written:
        return failed(title, f"Authorization in {name} is percent-encoded twice.", shape)
    kind, _, secret = authorization.value.partition(" ")
    if kind.lower() != "bearer" or not secret.strip():
        return failed(
            title, f"Authorization in {name} is not the word Bearer, a space and a key.", shape
        )
    if target.key is not None and credential(headers) != target.key:
        return warning(
            title,
            f"{name} sends the key {masked(secret.strip())}, but {target.key_from} is "
            f"{masked(target.key)}, which is the one examined.",
            "Use one key, or run this again with the other one as --api-key.",
        )
    return None


def _headers_found(name: str, headers: list[Header]) -> str:
    authorization = next((each for each in headers if each.name == "authorization"), None)
    if authorization is None:
        return f"{name} sends x-api-key."
    secret = masked(authorization.value.partition(" ")[2].strip())
    plain = " " in authorization.written
    note = " The space is written plainly; strict SDKs want Bearer%20." if plain else ""
    return f"{name} sends Authorization: Bearer {secret}.{note}"


def check_metrics_exporter(exam: Examination) -> Iterator[Check]:
    """Metrics are refused here, which exporters log as errors again and again."""
    target = exam.target
    title = "Metrics exporter"
    name, value = target.variable("OTEL_METRICS_EXPORTER")
    where, endpoint = target.variable("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")
    address = parse_address(endpoint) if endpoint else None
    ours = {target.door("http"), target.door("grpc")}
    switched_off = value.lower() == "none"
    if address is not None and address in ours and not switched_off:
        found = f"{where} is {endpoint}, which is where the traces go."
    elif value.lower().startswith("otlp") and not endpoint:
        found = f"{name} is {value} without an endpoint of its own: metrics go where traces go."
    else:
        shown = f"{name} is {value}." if value else f"{name} is not set."
        yield ok(title, shown)
        return
    yield warning(
        title,
        f"{found} AuditTrail stores traces and logs, and refuses metrics.",
        f"Set {name}=none, or send metrics elsewhere with OTEL_EXPORTER_OTLP_METRICS_ENDPOINT.",
    )


def check_proxy(exam: Examination) -> Iterator[Check]:
    """A proxy takes what is meant for this machine, too, unless it is told not to."""
    title = "Proxy"
    seen = False
    for address in dict.fromkeys((exam.target.address, exam.target.api)):
        through = None if address is None else exam.target.proxy_of(address)
        if address is None or through is None:
            continue
        seen = True
        name, url = through
        proxy = parse_address(url) or "a proxy"
        if address.loopback:
            yield warning(
                title,
                f"{name} is set, so {address} is asked for at {proxy}, which does not know it.",
                "Set NO_PROXY=localhost,127.0.0.1 where the agent runs.",
            )
        else:
            yield ok(title, f"{address} is reached through {proxy} ({name}).")
    if not seen:
        yield ok(title, "No proxy stands in the way.")
