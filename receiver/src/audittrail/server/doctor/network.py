"""Names and ports."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator

from audittrail.server.doctor.check import Check, failed, ok, warning
from audittrail.server.doctor.examination import SECONDS, Examination
from audittrail.server.doctor.target import Address

__all__ = ["check_names", "check_ports"]


def check_names(exam: Examination) -> Iterator[Check]:
    """Every host has an address."""
    target = exam.target
    for address in dict.fromkeys((target.address, target.api)):
        if address is None or _is_number(address.host) or _proxied(exam, address):
            continue
        title = f"Name {address.host}"
        try:
            found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not a host name"
            yield failed(
                title,
                f"It has no address: {reason}.",
                "Correct the host name. Names of containers are known only within their network.",
            )
        else:
            yield ok(title, ", ".join(dict.fromkeys(str(each[4][0]) for each in found)))


def check_ports(exam: Examination) -> Iterator[Check]:
    """The API and both doors of OTLP take connections."""
    target = exam.target
    doors = {
        "API": target.api,
        "OTLP/HTTP": target.door("http"),
        "OTLP/gRPC": target.door("grpc"),
    }
    used = ("API", "OTLP/gRPC" if target.protocol == "grpc" else "OTLP/HTTP")
    for what, address in doors.items():
        title = f"Port of {what}"
        if address is None:
            if what == "API":
                yield failed(
                    title,
                    f"{target.api_url!r} is not an address.",
                    "Write it as http://HOST:PORT with --api-url or AUDITTRAIL_API_URL.",
                )
            continue
        if _proxied(exam, address):
            exam.reached.add(address)
            continue
        problem = _connect(address)
        if problem is None:
            exam.reached.add(address)
            yield ok(title, f"{address} takes connections.")
        elif what in used:
            yield failed(title, f"{address}: {problem}.", _remedy(address))
        else:
            yield warning(
                title,
                f"{address}: {problem}.",
                "Nothing to mend unless some agent uses this protocol; then see the server's "
                "settings and the firewall.",
            )


def _connect(address: Address) -> str | None:
    """Why there is no connection; None if there is one."""
    try:
        socket.create_connection((address.host, address.port), SECONDS).close()
    except ConnectionRefusedError:
        return "nothing listens there"
    except TimeoutError:
        return f"no answer within {SECONDS:.0f} s"
    except (OSError, UnicodeError) as error:
        return getattr(error, "strerror", None) or "there is no such host"
    return None


def _remedy(address: Address) -> str:
    if address.loopback:
        return (
            "Start the server (audittrail serve --local, to try it alone) or correct the port. "
            "Within a container this address is the container itself: use the server's name."
        )
    return (
        "See that the server runs, listens on more than loopback (AUDITTRAIL_HOST=0.0.0.0), and "
        "that no firewall is between."
    )


def _proxied(exam: Examination, address: Address) -> bool:
    return not address.loopback and exam.target.proxy_of(address) is not None


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
