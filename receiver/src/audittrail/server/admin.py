"""The operator's socket: how commands reach the server that has the database open.

It is a Unix socket in the data folder which only the server's own user may use; whoever can use
it could read the database file as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from audittrail import errors
from audittrail.api import Services
from audittrail.errors import AuditTrailError, Unavailable
from audittrail.server.operations import LocalOperations, Progress

__all__ = ["RemoteOperations", "admin_app"]

_ERROR_STATUS = 422


def admin_app(services: Services) -> Starlette:
    operations = LocalOperations(services)

    def answer(name: str) -> Route:
        async def endpoint(request: Request) -> Response:
            given = json.loads(await request.body() or b"{}")
            if "target" in given:
                given["target"] = Path(given["target"])
            try:
                result = await run_in_threadpool(getattr(operations, name), **given)
            except AuditTrailError as error:
                return JSONResponse(_told(error), _ERROR_STATUS)
            return JSONResponse(result)

        return Route(f"/{name}", endpoint, methods=["POST"])

    def progress(name: str) -> Route:
        def lines(given: dict[str, Any]) -> Iterator[str]:
            try:
                for step in getattr(operations, name)(**given):
                    yield json.dumps(step) + "\n"
            except AuditTrailError as error:
                yield json.dumps(_told(error)) + "\n"

        async def endpoint(request: Request) -> Response:
            given = json.loads(await request.body() or b"{}")
            told = iterate_in_threadpool(lines(given))
            return StreamingResponse(told, media_type="application/x-ndjson")

        return Route(f"/{name}", endpoint, methods=["POST"])

    names = ("add_user", "create_key", "backup", "check", "status")
    long = ("reprice", "remap", "apply_rules")
    return Starlette(routes=[*map(answer, names), *map(progress, long)])


def _told(error: AuditTrailError) -> dict[str, str]:
    return {"error": type(error).__name__, "message": str(error)}


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

    def _call(self, operation: str, /, **given: Any) -> Any:
        try:
            response = self._client.post(f"/{operation}", json=given)
        except httpx.HTTPError as error:
            raise Unavailable(f"The running server does not answer: {error}") from error
        if response.status_code == _ERROR_STATUS:
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
