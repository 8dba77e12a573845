"""The API at the dashboard's own origin.

``/web/v1`` is for the dashboard's pages: the browser's cookie becomes the API's token. ``/api/v1``
and OTLP's ``/v1`` are for programs, with a key of their own; where a proxy stands in front, those
go to the API itself. So an agent can send to the address at which its owner looks.
"""

from __future__ import annotations

from typing import Final

import httpx
from fastapi import FastAPI, Request
from starlette.background import BackgroundTask
from starlette.responses import JSONResponse, Response, StreamingResponse

from audittrail.dashboard.client import ApiClient
from audittrail.dashboard.web.cookies import same_origin, token_of

__all__ = ["add_proxy"]

_METHODS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_PASSED: Final = ("accept", "accept-encoding", "content-type", "content-encoding")
_CREDENTIALS: Final = ("authorization", "x-api-key")
# What belongs to the connection, not to the answer.
_HOP: Final = {"connection", "keep-alive", "transfer-encoding", "date", "server"}


def add_proxy(app: FastAPI, api: ApiClient) -> None:
    @app.api_route("/web/v1/{path:path}", methods=_METHODS, include_in_schema=False)
    async def for_pages(request: Request) -> Response:
        if request.method != "GET" and not same_origin(request.headers):
            detail = "Only this dashboard's own pages may change something through it."
            return JSONResponse({"detail": detail}, 403)
        token = token_of(request.cookies)
        credentials = {"authorization": f"Bearer {token}"} if token else {}
        return await _pass_on(api, request, credentials)

    @app.api_route("/api/v1/{path:path}", methods=_METHODS, include_in_schema=False)
    @app.api_route("/v1/{signal}", methods=["POST"], include_in_schema=False)
    async def for_programs(request: Request) -> Response:
        return await _pass_on(api, request, _headers(request, _CREDENTIALS))


async def _pass_on(api: ApiClient, request: Request, credentials: dict[str, str]) -> Response:
    headers = {"accept-encoding": "identity", **_headers(request, _PASSED), **credentials}
    if request.client:
        headers["x-forwarded-for"] = request.client.host
    # As it was sent: an id may hold any character, escaped.
    path = request.scope["raw_path"].decode("latin-1")
    if path.startswith("/web/"):
        path = path.replace("/web/", "/api/", 1)
    try:
        answer = await api.stream(
            request.method,
            path,
            query=request.url.query,
            headers=headers,
            content=await request.body(),
        )
    except httpx.HTTPError as error:
        detail = f"The API cannot be reached: {error or type(error).__name__}"
        return JSONResponse({"detail": detail}, 502)
    kept = {name: value for name, value in answer.headers.items() if name not in _HOP}
    return StreamingResponse(
        answer.aiter_raw(),
        answer.status_code,
        kept,
        background=BackgroundTask(answer.aclose),
    )


def _headers(request: Request, names: tuple[str, ...]) -> dict[str, str]:
    return {name: request.headers[name] for name in names if name in request.headers}
