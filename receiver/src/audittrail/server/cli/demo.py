"""``audittrail demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from audittrail.server.cli.common import console, failures

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    @app.command("demo")
    def demo(
        port: Annotated[int | None, typer.Option(help="Port of the API.")] = None,
        otlp_grpc_port: Annotated[int | None, typer.Option(help="Port of OTLP/gRPC.")] = None,
        otlp_http_port: Annotated[int | None, typer.Option(help="Port of OTLP/HTTP.")] = None,
        dashboard_port: Annotated[
            int | None, typer.Option(help="Port of the dashboard; 0 starts none.")
        ] = None,
        data_dir: Annotated[
            Path | None,
            typer.Option(
                help="Where its data is kept between runs. Default: demo in the data folder.",
                show_default=False,
            ),
        ] = None,
        once: Annotated[bool, typer.Option("--once", help="Stop when the agent is done.")] = False,
        fast: Annotated[bool, typer.Option("--fast", help="Without any pause.")] = False,
        every: Annotated[
            float, typer.Option(min=0, help="Seconds between two runs of the agent.")
        ] = 60.0,
    ) -> None:
        """See it at work: a server in local mode, replayed agents, and one that runs live.

        Needs no account, no key and no model. A port that is taken is replaced by a free one for
        this run. Stop it with Ctrl-C; the data is kept, in a folder of its own.
        """
        import asyncio

        from audittrail.server.demo.ports import Ports
        from audittrail.server.demo.run import Demo, run_demo
        from audittrail.server.settings import load_settings

        with failures():
            settings = load_settings(
                port=port,
                otlp_grpc_port=otlp_grpc_port,
                otlp_http_port=otlp_http_port,
                dashboard_port=dashboard_port,
            )
            plan = Demo(
                data_dir=data_dir or settings.data_dir / "demo",
                ports=Ports.of(settings),
                once=once,
                fast=fast,
                every=every,
            )
            well = asyncio.run(run_demo(plan, console))
        if not well:
            raise typer.Exit(1)
