"""Ports of the demonstration's server: those asked for, or free ones near them."""

from __future__ import annotations

import socket
from typing import Final, NamedTuple

from audittrail.server.settings import Settings

__all__ = ["HOST", "Ports", "choose_ports"]

HOST: Final = "127.0.0.1"
_NEARBY: Final = 50
_LAST: Final = 65_535

_LABELS: Final = {
    "api": "API",
    "otlp_http": "OTLP/HTTP",
    "otlp_grpc": "OTLP/gRPC",
    "dashboard": "dashboard",
}


class Ports(NamedTuple):
    """``dashboard`` is 0 where there is none."""

    api: int
    otlp_http: int
    otlp_grpc: int
    dashboard: int

    @classmethod
    def of(cls, settings: Settings) -> Ports:
        return cls(
            settings.port,
            settings.otlp_http_port,
            settings.otlp_grpc_port,
            settings.dashboard_port,
        )


def choose_ports(wanted: Ports) -> tuple[Ports, list[str]]:
    """The ports to use, and a sentence on each that is not the one wanted."""
    chosen: dict[str, int] = {}
    said = []
    for name, port in wanted._asdict().items():
        if name == "dashboard" and port == 0:
            chosen[name] = 0
            continue
        others = {each for key, each in wanted._asdict().items() if key != name}
        chosen[name] = _free_port(port, {*chosen.values()}, others)
        if chosen[name] != port:
            said.append(
                f"Port {port} ({_LABELS[name]}) is taken; this run uses {chosen[name]} instead."
            )
    return Ports(**chosen), said


def _free_port(wanted: int, taken: set[int], others: set[int]) -> int:
    """``wanted`` if it is free; else one of the next that nobody else wants; else any."""
    if wanted and wanted not in taken and _is_free(wanted):
        return wanted
    if wanted:
        for port in range(wanted + 1, min(wanted + _NEARBY, _LAST)):
            if port not in taken | others and _is_free(port):
                return port
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
    return int(port)


def _is_free(port: int) -> bool:
    try:
        # With SO_REUSEADDR, as servers listen: connections that ended just now are no hindrance.
        socket.create_server((HOST, port)).close()
    except (OSError, OverflowError):
        return False
    return True
