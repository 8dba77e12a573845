"""Running a server: all doors on one event loop, opened together and closed in order."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import signal
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import httpx
import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.middleware.trustedhost import TrustedHostMiddleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from audittrail.accounts import retention
from audittrail.api import Services, create_api
from audittrail.api.app import LOOPBACK_NAMES, add_cors
from audittrail.errors import SettingsError
from audittrail.receiver.grpc import make_grpc_server
from audittrail.receiver.http import otlp_routes
from audittrail.server.admin import admin_app
from audittrail.server.demo import showcase
from audittrail.server.on_demand import OnDemand
from audittrail.server.settings import Settings, bracketed

__all__ = ["serve"]

log = structlog.get_logger(__name__)

# Requests that were taken before a stop have this long to be stored and answered.
_GRACE_SECONDS: Final = 10
_REFRESH_SECONDS: Final = 2.0
# Of each such time, into texts that an earlier release stored.
_CONVERSION_SECONDS: Final = 0.5
_KEY_USE_EVERY: Final = 15  # refreshes
_BACKLOG: Final = 1024
_IN_PROCESS: Final = ("127.0.0.1", 0)

# Ingest makes many short-lived objects and keeps a few hundred thousand for the roll-ups of live
# traces. With the default thresholds the collector went through those again and again: a fifth
# of all CPU time under load.
_GC_THRESHOLDS: Final = (50_000, 20, 100)


class _Door(uvicorn.Server):
    """A uvicorn server that leaves signals to us and tells when it listens."""

    def __init__(self, app: Any, settings: Settings, **how: Any) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                timeout_graceful_shutdown=_GRACE_SECONDS,
                timeout_keep_alive=75,
                ws_ping_interval=20,
                proxy_headers=True,
                forwarded_allow_ips=settings.trusted_proxies,
                backlog=_BACKLOG,
                **how,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


async def serve(
    settings: Settings, services: Services, on_ready: Callable[[], None] | None = None
) -> None:
    """Serve until SIGINT or SIGTERM. Nothing new is accepted then, and everything that was
    acknowledged, or still is, is stored before this returns.

    Raises SettingsError if a port is taken.
    """
    gc.freeze()
    gc.enable()
    gc.set_threshold(*_GC_THRESHOLDS)
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    stop_listening = services.live.connect(services.store.writer)
    services.constitution.tell()
    services.inspector.start()
    services.dispatcher.start()
    try:
        async with _doors(settings, services), _housekeeping(services), showcase.running(services):
            if on_ready is not None:
                on_ready()
            await services.ablations.start()
            await stopping.wait()
            log.info("stopping")
            await services.ablations.close()
    finally:
        stop_listening()
        await asyncio.to_thread(_close, services)
        log.info("stopped")


def _close(services: Services) -> None:
    services.pipeline.close()
    services.inspector.close()
    services.dispatcher.close()
    with contextlib.suppress(Exception):
        services.accounts.store_key_uses()
    services.store.close()


@contextlib.asynccontextmanager
async def _doors(settings: Settings, services: Services) -> AsyncIterator[None]:
    otlp = Starlette(
        routes=otlp_routes(services.pipeline, services.accounts, services.max_message_bytes, "http")
    )
    add_cors(otlp, services)
    _guard(otlp, services)
    sockets = [
        _listen(settings.host, settings.port, "AUDITTRAIL_PORT"),
        _listen(settings.host, settings.otlp_http_port, "AUDITTRAIL_OTLP_HTTP_PORT"),
    ]
    api = create_api(services)
    doors = [(_Door(api, settings), sockets[0]), (_Door(otlp, settings), sockets[1])]
    if settings.dashboard_port:
        sockets.append(_listen(settings.host, settings.dashboard_port, "AUDITTRAIL_DASHBOARD_PORT"))
        doors.append((_Door(OnDemand(lambda: _dashboard(api, services)), settings), sockets[2]))
    admin_socket = settings.admin_socket
    admin_socket.unlink(missing_ok=True)
    admin = _Door(admin_app(services), settings, uds=str(admin_socket))
    grpc_server = make_grpc_server(services.pipeline, services.accounts, settings.max_message_bytes)
    address = f"{bracketed(settings.host)}:{settings.otlp_grpc_port}"
    try:
        bound = grpc_server.add_insecure_port(address)
    except RuntimeError:
        bound = 0
    if not bound:
        for each in sockets:
            each.close()
        raise SettingsError(
            f"Port {settings.otlp_grpc_port} on {settings.host} is taken. Stop what listens there "
            "or choose another with AUDITTRAIL_OTLP_GRPC_PORT."
        )
    await grpc_server.start()
    tasks = [asyncio.create_task(door.serve([bound_to])) for door, bound_to in doors]
    tasks.append(asyncio.create_task(admin.serve()))
    try:
        servers = [*(door for door, _ in doors), admin]
        while not all(server.started for server in servers):
            for task in tasks:
                if task.done():
                    task.result()
                    raise SettingsError("A door closed before it was open; the log says why.")
            await asyncio.sleep(0.01)
        with contextlib.suppress(OSError):
            admin_socket.chmod(0o600)
        yield
    finally:
        for server in (*(door for door, _ in doors), admin):
            server.should_exit = True
        await grpc_server.stop(_GRACE_SECONDS)
        await asyncio.gather(*tasks, return_exceptions=True)
        admin_socket.unlink(missing_ok=True)


def _guard(app: Starlette, services: Services) -> None:
    """In local mode nobody logs in, so no door opens to a name that is not this machine's: a page
    on the web may give itself a name that resolves to us. The API guards itself."""
    if services.local:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(LOOPBACK_NAMES))


def _dashboard(api: Any, services: Services) -> Any:
    """The dashboard, which reaches the API within this process."""
    from audittrail.dashboard import ApiClient, InProcess, create_dashboard

    # The dashboard says whose log-in it passes on.
    believing: Any = ProxyHeadersMiddleware(api, trusted_hosts=_IN_PROCESS[0])
    transport = httpx.ASGITransport(believing, client=_IN_PROCESS)
    # The host that local mode lets pass.
    app = create_dashboard(ApiClient("http://localhost", transport), InProcess(believing))
    _guard(app, services)
    return app


def _listen(host: str, port: int, variable: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named asyncio sets TCP_NODELAY; without, answers wait 40 ms for an ACK.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise SettingsError(
            f"Port {port} on {host} cannot be opened ({error.strerror}). Stop what listens there "
            f"or choose another with {variable}."
        ) from None
    bound.set_inheritable(True)
    return bound


@contextlib.asynccontextmanager
async def _housekeeping(services: Services) -> AsyncIterator[None]:
    """Small things now and then: a changed pricing file, when keys were used, what is not
    kept any longer, texts that an earlier release stored."""

    async def repeat() -> None:
        for turn in itertools.count(1):
            await asyncio.sleep(_REFRESH_SECONDS)
            try:
                await asyncio.to_thread(services.pricer.refresh)
                await asyncio.to_thread(services.constitution.refresh)
                converted = await asyncio.to_thread(
                    services.store.maintenance.convert, _CONVERSION_SECONDS
                )
                if converted:
                    log.info("long texts of an earlier release are stored once", rows=converted)
                if turn % _KEY_USE_EVERY == 0:
                    await asyncio.to_thread(services.accounts.store_key_uses)
                    await asyncio.to_thread(retention.enforce, services.store)
            except Exception:
                log.exception("housekeeping failed")

    task = asyncio.create_task(repeat())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
