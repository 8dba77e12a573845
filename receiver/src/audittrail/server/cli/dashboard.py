"""``audittrail dashboard``."""

from __future__ import annotations

from typing import Annotated

import typer

from audittrail.server.cli.common import console, failures

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    @app.command("dashboard")
    def dashboard(
        host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
        port: Annotated[int | None, typer.Option(help="Port of the dashboard.")] = None,
        api_url: Annotated[str | None, typer.Option(help="Where the API is.")] = None,
    ) -> None:
        """Start the dashboard alone, against the API of another process.

        `audittrail serve` has one built in; this is for a container of its own.
        """
        import uvicorn

        from audittrail.dashboard import ApiClient, OverNetwork, create_dashboard
        from audittrail.server.logs import set_up_logging
        from audittrail.server.settings import bracketed, load_settings

        with failures():
            settings = load_settings(host=host, dashboard_port=port, api_url=api_url)
        set_up_logging(settings.log_format, debug=settings.debug)
        console.print(f"Dashboard on http://{bracketed(settings.host)}:{settings.dashboard_port}")
        uvicorn.run(
            create_dashboard(ApiClient(settings.api_url), OverNetwork(settings.api_url)),
            host=settings.host,
            port=settings.dashboard_port,
            log_config=None,
            access_log=False,
            server_header=False,
            forwarded_allow_ips=settings.trusted_proxies,
        )
