"""The FastAPI application: REST, WebSocket, and OTLP at ``/v1/...`` on the same port."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import WebSocketRoute

from audittrail.api.errors import add_error_handlers
from audittrail.api.routes import (
    ablation,
    accounts,
    demo,
    health,
    ingest,
    rules,
    sessions,
    settings,
    spans,
    trace_lists,
    traces,
    violations,
    webhooks,
)
from audittrail.api.services import Services
from audittrail.api.websocket import live_socket
from audittrail.receiver.http import otlp_routes

__all__ = ["LOOPBACK_NAMES", "add_cors", "create_api"]

_ABOUT = """
Traces of AI agents: send them as OTLP (`/v1/traces`, or gRPC on 4317) or as plain JSON
(`/api/v1/ingest`), read them back, watch them live (`/ws`).

Send `Authorization: Bearer <API key or access token>`. You see what belongs to you, and nothing
else. Answers are `{"data": ...}`; lists add `next_cursor`, null at their end. Errors are
`{"detail": ...}`.
"""

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1", "[::1]")


def create_api(services: Services) -> FastAPI:
    """The application of one server. Nothing is shared between two of them."""
    app = FastAPI(
        title="AuditTrail",
        version=services.version,
        description=_ABOUT,
        docs_url="/docs",
        redoc_url=None,
    )
    app.state.services = services
    add_error_handlers(app)
    for module in (
        health,
        accounts,
        demo,
        ingest,
        trace_lists,  # its fixed names before the ids of traces
        traces,
        spans,
        ablation,
        sessions,
        rules,
        violations,
        webhooks,
        settings,
    ):
        app.include_router(module.router)
    app.router.routes.extend(
        otlp_routes(services.pipeline, services.accounts, services.max_message_bytes, "http-api")
    )
    app.router.routes.append(WebSocketRoute("/ws", live_socket))
    add_cors(app, services)
    if services.local:
        # Without credentials, a page on the web could reach us under a name of its own that
        # resolves to this machine.
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(LOOPBACK_NAMES))
    return app


def add_cors(app: Starlette, services: Services) -> None:
    """Let pages of the configured origins in, and no others."""
    if services.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(services.cors_origins),
            allow_credentials="*" not in services.cors_origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["authorization", "content-type", "content-encoding", "x-api-key"],
        )
