"""The operator's socket: how commands reach the server that has the database open.

It is a Unix socket in the data folder which only the server's own user may use; whoever can use
it could read the database file as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from audittrail.api import Services
from audittrail.errors import AuditTrailError
from audittrail.server.operations import ERROR_STATUS, LocalOperations

__all__ = ["admin_app"]


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
                return JSONResponse(_told(error), ERROR_STATUS)
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
    long = ("compact", "reprice", "remap", "apply_rules")
    return Starlette(routes=[*map(answer, names), *map(progress, long)])


def _told(error: AuditTrailError) -> dict[str, str]:
    return {"error": type(error).__name__, "message": str(error)}
