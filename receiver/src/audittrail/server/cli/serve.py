"""``audittrail serve``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from audittrail.server.cli.common import console, failures

if TYPE_CHECKING:
    from audittrail.api import Services
    from audittrail.server.settings import Settings

__all__ = ["register", "welcome"]


def register(app: typer.Typer) -> None:
    @app.command("serve")
    def serve_command(
        local: Annotated[
            bool,
            typer.Option(
                "--local",
                help="For one person: loopback only, no login, no API key needed.",
            ),
        ] = False,
        host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
        port: Annotated[int | None, typer.Option(help="Port of the API.")] = None,
        otlp_grpc_port: Annotated[int | None, typer.Option(help="Port of OTLP/gRPC.")] = None,
        otlp_http_port: Annotated[int | None, typer.Option(help="Port of OTLP/HTTP.")] = None,
        dashboard_port: Annotated[
            int | None, typer.Option(help="Port of the dashboard; 0 starts none.")
        ] = None,
        debug: Annotated[
            bool | None, typer.Option("--debug", help="Verbose logs.", show_default=False)
        ] = None,
    ) -> None:
        """Start the server: API, WebSocket, OTLP over HTTP and gRPC, dashboard.

        All settings can be given as environment variables as well (AUDITTRAIL_PORT, ...), or in
        a file .env; see docs/configuration.md. Stop it with Ctrl-C: what was acknowledged is
        stored before it ends.
        """
        import asyncio
        import gc

        # Imports make a million objects and hardly any garbage: looking for it takes a tenth of
        # the start. ``serve`` switches it on again.
        gc.disable()
        from audittrail.server.core import build_services
        from audittrail.server.logs import set_up_logging
        from audittrail.server.run import serve
        from audittrail.server.settings import load_settings

        with failures():
            settings = load_settings(
                host=host,
                port=port,
                otlp_grpc_port=otlp_grpc_port,
                otlp_http_port=otlp_http_port,
                dashboard_port=dashboard_port,
                debug=debug,
            )
            set_up_logging(settings.log_format, debug=settings.debug)
            services = build_services(settings, local=local)
            asyncio.run(serve(settings, services, lambda: welcome(settings, services)))


def welcome(settings: Settings, services: Services) -> None:
    """Say where everything is."""
    from audittrail.server.settings import bracketed

    everywhere = settings.host in ("0.0.0.0", "::")  # noqa: S104 - compared, not listened on
    host = "127.0.0.1" if everywhere else bracketed(settings.host)
    console.print(f"[bold]AuditTrail {services.version}[/bold] is ready.")
    if settings.dashboard_port:
        console.print(f"  Dashboard    http://{host}:{settings.dashboard_port}")
    console.print(f"  API          http://{host}:{settings.port}/docs")
    console.print(f"  OTLP/HTTP    http://{host}:{settings.otlp_http_port}")
    console.print(f"  OTLP/gRPC    {host}:{settings.otlp_grpc_port}")
    console.print(f"  Database     {escape(str(settings.database_path))}")
    if services.local:
        console.print("Local mode: no login, no API key, this machine only. Try:")
        console.print(
            f"  OTEL_EXPORTER_OTLP_ENDPOINT=http://{host}:{settings.otlp_http_port} "
            "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf <your agent>"
        )
    elif not services.accounts.has_users():
        console.print("No account yet. Make one, and a key for your agent:")
        console.print("  audittrail user add you@example.com")
        console.print("  audittrail key create --user you@example.com --name my-agent")
        console.print("Trying it alone? audittrail serve --local needs neither.")
