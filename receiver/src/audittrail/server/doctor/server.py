"""The API: is it well, is it ours, what time is it there, and does it know the key?"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any, Final

from audittrail.server.doctor.check import Check, failed, ok, warning
from audittrail.server.doctor.examination import Answer, Examination, NoAnswer, sendable
from audittrail.server.doctor.headers import masked
from audittrail.server.version import version

__all__ = ["check_clock", "check_health", "check_key", "check_version", "check_writing"]

_MAX_CLOCK_S: Final = 2.0
_NEW_KEY: Final = (
    "audittrail key create --user YOU makes a new one; set "
    "OTEL_EXPORTER_OTLP_HEADERS=Authorization=Bearer%20<key> where the agent runs."
)


def check_health(exam: Examination) -> Iterator[Check]:
    """An AuditTrail server answers, and its database does."""
    if exam.target.api not in exam.reached:
        return
    title = "Health"
    sent_at = time.time()
    try:
        answer = exam.api("/api/v1/health")
    except NoAnswer as problem:
        yield failed(title, f"{exam.target.api_url}: {problem}.", _OTHER)
        return
    said = _object(answer)
    if "db_connected" not in said or not isinstance(said.get("version"), str):
        moved = answer.headers.get("location")
        yield failed(
            title,
            f"{exam.target.api_url} answers {answer.status}"
            + (f" and points to {moved}" if moved else "")
            + ", and is not AuditTrail's API.",
            _OTHER,
        )
        return
    exam.health = said
    # The middle of asking is nearest to the moment that the Date header means.
    exam.clock = ((sent_at + time.time()) / 2, answer.headers.get("date", ""))
    if answer.status == 200 and said["db_connected"] is True:
        mode = ", in local mode" if exam.local_mode else ""
        yield ok(title, f"AuditTrail {said['version']} with {said.get('db_engine')}{mode}.")
    else:
        yield failed(
            title,
            "The server runs, but its database does not answer.",
            "The server's log says why; audittrail db check examines the file.",
        )


_OTHER: Final = (
    "Give the address of AuditTrail's API (port 8000) as --api-url, or AUDITTRAIL_API_URL."
)


def check_writing(exam: Examination) -> Iterator[Check]:
    """The server can store spans now."""
    if exam.health is None:
        return
    title = "Writing"
    try:
        answer = exam.api("/api/v1/ready")
    except NoAnswer as problem:
        yield failed(title, f"/api/v1/ready: {problem}.", "Restart the server; its log says more.")
        return
    if answer.status == 200:
        yield ok(title, "The server can store spans.")
    else:
        reason = _object(answer).get("reason") or f"it answers {answer.status}"
        yield failed(
            title,
            f"The server cannot store spans: {reason}.",
            "Is the disk full? The server's log says more.",
        )


def check_version(exam: Examination) -> Iterator[Check]:
    """The server and this command are of the same release."""
    if exam.health is None:
        return
    here, there = version(), exam.health["version"]
    if here == there:
        yield ok("Version", f"{here} on both sides.")
    else:
        yield warning(
            "Version",
            f"The server is {there}, this command {here}.",
            "Install the same version on both sides, if something looks odd.",
        )


def check_clock(exam: Examination) -> Iterator[Check]:
    """Spans carry the agent's time, so its clock should be the server's."""
    if exam.clock is None:
        return
    title = "Clock"
    here, said = exam.clock
    try:
        # The header has whole seconds: half of one is the best guess at what was cut off.
        ahead = here - (parsedate_to_datetime(said).timestamp() + 0.5)
    except (ValueError, OverflowError):
        yield warning(
            title,
            "The server's answer has no time in it.",
            "Compare the clocks yourself if spans appear at odd times.",
        )
        return
    if abs(ahead) <= _MAX_CLOCK_S:
        yield ok(title, f"The same as the server's, within {_MAX_CLOCK_S:.0f} s.")
    else:
        yield warning(
            title,
            f"This machine is {abs(ahead):,.0f} s {'ahead of' if ahead > 0 else 'behind'} the "
            "server, so spans appear at the wrong time.",
            "Synchronise both clocks (NTP).",
        )


def check_key(exam: Examination) -> Iterator[Check]:
    """The key is known and may do what an agent needs."""
    if exam.health is None:
        return
    title = "Key"
    key = exam.target.key
    if key is not None and not sendable(key):
        yield failed(
            title,
            f"The key {masked(key)} has characters in it that no header can carry.",
            "Copy it again; a space or a line break may have come along.",
        )
        return
    try:
        answer = exam.api("/api/v1/auth/me")
    except NoAnswer as problem:
        yield failed(title, f"/api/v1/auth/me: {problem}.", "Restart the server.")
        return
    said = _object(answer).get("data")
    if answer.status != 200 or not isinstance(said, dict):
        found = "There is no key, and this server needs one."
        if key is not None:
            found = f"The server does not take {masked(key)} ({exam.target.key_from})."
        yield failed(title, f"{found} It answers {answer.status}.", _NEW_KEY)
        return
    exam.scopes = frozenset(map(str, said.get("scopes") or ()))
    yield _scopes(exam, said)


def _scopes(exam: Examination, said: dict[str, Any]) -> Check:
    title = "Key"
    scopes = exam.scopes or frozenset()
    shown = "no key" if exam.target.key is None else masked(exam.target.key)
    found = f"{shown} of {said.get('email')}, with {', '.join(sorted(scopes)) or 'no scope'}."
    if exam.local_mode:
        return ok(title, "None is needed in local mode.")
    if "ingest" not in scopes:
        return failed(
            title,
            f"{found} It may not send spans.",
            "Use a key with the scope ingest: audittrail key create --scope ingest",
        )
    if said.get("kind") == "user":
        return warning(
            title,
            f"{found} This is an access token, which ends within a day.",
            "Make an API key for the agent: audittrail key create --user YOU",
        )
    return ok(title, found)


def _object(answer: Answer) -> dict[str, Any]:
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
