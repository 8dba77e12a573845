"""The settings of the client, parsed once: argument, then environment, then default.

What is wrong in an argument raises ``SettingsError`` at start-up; what is wrong in the environment
is logged, and the default taken.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeVar

from audittrail.errors import SettingsError
from audittrail.otel_exporter.settings.credentials import Headers, find_credentials
from audittrail.otel_exporter.settings.endpoints import Endpoint, Protocol, find_endpoint
from audittrail.otel_exporter.settings.environment import Environment

__all__ = ["Compression", "Settings"]

Compression = Literal["none", "gzip"]
_COMPRESSIONS: Final[dict[str, Compression]] = {"none": "none", "gzip": "gzip"}
_MIB: Final = 1 << 20
# Somebody may be watching, and wants to see what happens now.
_LIVE_SCHEDULE_DELAY_MILLIS: Final = 200.0
Number = TypeVar("Number", int, float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where spans go, and how. ``headers`` has the ``authorization``, in lower case as all names
    there. ``spool_dir`` is None where nothing may be kept on disk."""

    endpoint: Endpoint = field(default_factory=lambda: find_endpoint(Environment({})))
    api_key: str | None = field(default=None, repr=False)
    headers: Headers = field(default=(), repr=False)
    timeout: float = 10.0
    compression: Compression = "none"
    certificate: str | None = None
    client_key: str | None = None
    client_certificate: str | None = None

    # The default limit of the OpenTelemetry Collector's gRPC receiver.
    max_request_bytes: int = 4 * _MIB
    outbox_max_bytes: int = 64 * _MIB
    spool_dir: Path | None = None
    spool_max_bytes: int = 256 * _MIB

    live: bool = True
    live_delay_millis: float = 100.0
    heartbeat_seconds: float = 60.0
    schedule_delay_millis: float = 200.0
    max_queue_size: int = 16_384
    max_export_batch_size: int = 512

    @classmethod
    def read(
        cls,
        endpoint: str | None = None,
        api_key: str | None = None,
        *,
        protocol: Protocol | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        compression: Compression | None = None,
        max_request_bytes: int | None = None,
        spool_dir: str | os.PathLike[str] | None = None,
        spool_max_bytes: int | None = None,
        live: bool | None = None,
        live_delay_millis: float | None = None,
        heartbeat_seconds: float | None = None,
        schedule_delay_millis: float | None = None,
        max_queue_size: int | None = None,
        max_export_batch_size: int | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Settings:
        """Arguments first, then the variables of the environment, then defaults. An empty
        ``spool_dir`` means that nothing is kept on disk."""
        env = Environment(environ)
        default = cls()
        where = find_endpoint(env, endpoint, protocol)
        key, all_headers = find_credentials(env, api_key, headers, where.userinfo)
        queue = _pick(
            _argument("max_queue_size", max_queue_size, 1),
            env.whole("OTEL_BSP_MAX_QUEUE_SIZE", at_least=1),
            default.max_queue_size,
        )
        if live is not None and not isinstance(live, bool):
            raise SettingsError(f"live is {live!r}, but should be True or False")
        sends_running = _pick(live, env.flag("AUDITTRAIL_LIVE"), default.live)
        return cls(
            endpoint=where,
            api_key=key,
            headers=all_headers,
            timeout=_pick(
                _argument("timeout", timeout, 0.001),
                _seconds(env.number(*_otlp("TIMEOUT"), at_least=0.001)),
                default.timeout,
            ),
            compression=_compression(env, compression),
            certificate=env.text(*_otlp("CERTIFICATE")),
            client_key=env.text(*_otlp("CLIENT_KEY")),
            client_certificate=env.text(*_otlp("CLIENT_CERTIFICATE")),
            max_request_bytes=_pick(
                _argument("max_request_bytes", max_request_bytes, 1),
                None,
                default.max_request_bytes,
            ),
            spool_dir=_spool_dir(env, spool_dir),
            spool_max_bytes=_pick(
                _argument("spool_max_bytes", spool_max_bytes, 0),
                env.whole("AUDITTRAIL_SPOOL_MAX_BYTES"),
                default.spool_max_bytes,
            ),
            live=sends_running,
            live_delay_millis=_pick(
                _argument("live_delay_millis", live_delay_millis, 0.0),
                None,
                default.live_delay_millis,
            ),
            heartbeat_seconds=_pick(
                _argument("heartbeat_seconds", heartbeat_seconds, 0.001),
                None,
                default.heartbeat_seconds,
            ),
            schedule_delay_millis=_pick(
                _argument("schedule_delay_millis", schedule_delay_millis, 0.0),
                env.number("OTEL_BSP_SCHEDULE_DELAY"),
                _LIVE_SCHEDULE_DELAY_MILLIS if sends_running else default.schedule_delay_millis,
            ),
            max_queue_size=queue,
            max_export_batch_size=min(
                queue,
                _pick(
                    _argument("max_export_batch_size", max_export_batch_size, 1),
                    env.whole("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", at_least=1),
                    default.max_export_batch_size,
                ),
            ),
        )


def _otlp(name: str) -> tuple[str, str]:
    return f"OTEL_EXPORTER_OTLP_TRACES_{name}", f"OTEL_EXPORTER_OTLP_{name}"


Value = TypeVar("Value")


def _pick(argument: Value | None, variable: Value | None, default: Value) -> Value:
    if argument is not None:
        return argument
    return default if variable is None else variable


def _argument(name: str, value: Number | None, at_least: Number) -> Number | None:
    if value is not None and not at_least <= value < float("inf"):
        raise SettingsError(f"{name} is {value!r}, but should be at least {at_least:g}")
    return value


def _seconds(timeout: float | None) -> float | None:
    """The specification says milliseconds, Python's SDK seconds; nobody means so many seconds."""
    return timeout / 1000 if timeout is not None and timeout >= 1000 else timeout


def _compression(env: Environment, given: str | None) -> Compression:
    if given is None:
        return env.choice(_COMPRESSIONS, *_otlp("COMPRESSION")) or "none"
    if given not in _COMPRESSIONS:
        raise SettingsError(f"compression is {given!r}, but should be none or gzip")
    return _COMPRESSIONS[given]


def _spool_dir(env: Environment, given: str | os.PathLike[str] | None) -> Path | None:
    """The folder that holds those of all endpoints and keys."""
    if given is None and env.is_empty("AUDITTRAIL_SPOOL_DIR"):
        return None
    if given is not None and not os.fspath(given):
        return None
    base = given or env.text("AUDITTRAIL_SPOOL_DIR", "XDG_STATE_HOME")
    try:
        # Absolute, since an agent may change its working directory.
        home = Path(base).expanduser() if base else Path.home() / ".local" / "state"
        return home.absolute() / "audittrail" / "spool"
    except (RuntimeError, OSError) as error:
        env.ignored(f"no folder for the spool was found ({error}); set AUDITTRAIL_SPOOL_DIR")
        return None
