"""All checks, in their order."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from audittrail.server.doctor import environment, installation, network, round_trip, server
from audittrail.server.doctor.check import Check, failed
from audittrail.server.doctor.examination import Checking, Examination

__all__ = ["SECTIONS", "Section", "examine"]


class Section(NamedTuple):
    """Checks that belong together."""

    title: str
    checks: Sequence[Checking]


SECTIONS: Final = (
    Section(
        "Exporter settings",
        (
            environment.check_sdk,
            environment.check_traces_exporter,
            environment.check_endpoint,
            environment.check_protocol,
            environment.check_headers,
            environment.check_metrics_exporter,
            environment.check_proxy,
        ),
    ),
    Section("Network", (network.check_names, network.check_ports)),
    Section(
        "Server",
        (
            server.check_health,
            server.check_version,
            server.check_writing,
            server.check_clock,
            server.check_key,
        ),
    ),
    Section(
        "Round trip",
        (
            round_trip.check_otlp_http,
            round_trip.check_otlp_grpc,
            round_trip.check_reading,
            round_trip.check_deleting,
        ),
    ),
    Section(
        "Server's folder",
        (
            installation.check_settings,
            installation.check_data_folder,
            installation.check_disk,
            installation.check_database,
            installation.check_secret_key,
        ),
    ),
)

# For what has no time limit of its own: names are looked up by the system, and an answer may come
# byte by byte.
_SECONDS: Final = 15.0


def examine(exam: Examination) -> Iterator[tuple[str, Check]]:
    """(section, check) one after the other. Raises nothing, whatever the network does."""
    for section in SECTIONS:
        for check in section.checks:
            for found in _run(check, exam):
                yield section.title, _redacted(found, exam)


def _run(check: Checking, exam: Examination) -> Iterator[Check]:
    """The results of one check as they come, until there are no more or its time is up."""
    results: queue.SimpleQueue[Check | None] = queue.SimpleQueue()
    title = check.__name__.removeprefix("check_").replace("_", " ").capitalize()

    def work() -> None:
        try:
            for found in check(exam):
                results.put(found)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            results.put(failed(title, f"This could not be examined: {reason}", _GO_ON))
        results.put(None)

    # A thread that hangs must not keep the command from ending.
    threading.Thread(target=work, daemon=True).start()
    while True:
        try:
            found = results.get(timeout=_SECONDS)
        except queue.Empty:
            yield failed(title, f"No result within {_SECONDS:.0f} s.", _GO_ON)
            return
        if found is None:
            return
        yield found


_GO_ON: Final = "Mend what else is wrong first; if this stays, report it as a bug."


def _redacted(check: Check, exam: Examination) -> Check:
    remedy = None if check.remedy is None else exam.target.redacted(check.remedy)
    return check._replace(found=exam.target.redacted(check.found), remedy=remedy)
