"""Operations through the socket of the server that has the database open."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx

from audittrail import errors
from audittrail.errors import AuditTrailError, Unavailable
from audittrail.server.operations import ERROR_STATUS, Progress

__all__ = ["RemoteOperations"]

_PATIENCE_SECONDS: Final = 10.0


def _raised(told: dict[str, str]) -> AuditTrailError:
    """The error again, on the other side."""
    kind = getattr(errors, told["error"], AuditTrailError)
    raised: AuditTrailError = kind(told["message"])
    return raised


class RemoteOperations:
    """See ``operations.Operations``; through the socket of a running server."""

    def __init__(self, socket: Path) -> None:
        transport = httpx.HTTPTransport(uds=str(socket))
        self._client = httpx.Client(transport=transport, base_url="http://admin", timeout=None)  # noqa: S113 - a backup takes as long as it takes

    def answers(self) -> bool:
        """Whether a server listens there."""
        try:
            return self._client.post("/status", timeout=_PATIENCE_SECONDS).is_success
        except httpx.HTTPError:
            return False

    def _call(self, operation: str, /, **given: Any) -> Any:
        try:
            response = self._client.post(f"/{operation}", json=given)
        except httpx.HTTPError as error:
            raise Unavailable(f"The running server does not answer: {error}") from error
        if response.status_code == ERROR_STATUS:
            raise _raised(response.json())
        response.raise_for_status()
        return response.json()

    def add_user(self, email: str, password: str) -> dict[str, Any]:
        result: dict[str, Any] = self._call("add_user", email=email, password=password)
        return result

    def create_key(self, email: str | None, name: str, scopes: list[str]) -> dict[str, Any]:
        result: dict[str, Any] = self._call("create_key", email=email, name=name, scopes=scopes)
        return result

    def backup(self, target: Path) -> dict[str, Any]:
        result: dict[str, Any] = self._call("backup", target=str(target.resolve()))
        return result

    def check(self) -> dict[str, Any]:
        result: dict[str, Any] = self._call("check")
        return result

    def status(self) -> dict[str, Any]:
        result: dict[str, Any] = self._call("status")
        return result

    def compact(self) -> Iterator[Progress]:
        return self._progress("compact")

    def reprice(self) -> Iterator[Progress]:
        return self._progress("reprice")

    def remap(self) -> Iterator[Progress]:
        return self._progress("remap")

    def apply_rules(self, since_ns: int, email: str | None) -> Iterator[Progress]:
        return self._progress("apply_rules", since_ns=since_ns, email=email)

    def _progress(self, operation: str, **given: Any) -> Iterator[Progress]:
        with self._client.stream("POST", f"/{operation}", json=given) as response:
            response.raise_for_status()
            for line in response.iter_lines():
                said = json.loads(line)
                if isinstance(said, dict):
                    raise _raised(said)
                yield Progress(*said)

    def close(self) -> None:
        self._client.close()
