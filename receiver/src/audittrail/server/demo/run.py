"""The demonstration: a server, what real agents sent, and an agent that runs live."""

from __future__ import annotations

import asyncio
import functools
import itertools
import signal
from asyncio.subprocess import Process
from dataclasses import dataclass
from pathlib import Path

import httpx
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from audittrail.server.demo.capture import load_captures, replay
from audittrail.server.demo.live_agent import choose_agent
from audittrail.server.demo.ports import HOST, Ports, choose_ports
from audittrail.server.demo.processes import agent, played_model, server, server_ended

__all__ = ["Demo", "run_demo"]


@dataclass(frozen=True)
class Demo:
    """What to show. ``every`` is the pause between two runs of the agent, in seconds."""

    data_dir: Path
    ports: Ports
    once: bool = False
    fast: bool = False
    every: float = 60.0


async def run_demo(demo: Demo, console: Console) -> bool:
    """Runs until it is done, or until SIGINT, SIGTERM or SIGHUP; whether all went well.

    Raises SettingsError if the server cannot start, Unavailable if it fails later.
    """
    loop = asyncio.get_running_loop()
    show = asyncio.create_task(_show(demo, console))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, show.cancel)
    try:
        return await show
    except asyncio.CancelledError:
        console.print("Stopped.")
        return True


async def _show(demo: Demo, console: Console) -> bool:
    ports, said = choose_ports(demo.ports)
    for sentence in said:
        console.print(f"[yellow]{sentence}[/yellow]")
    console.print("Starting a server in local mode ...")
    async with (
        played_model() as model,
        server(demo.data_dir, ports, model) as process,
    ):
        try:
            _welcome(demo, ports, console)
            await _replay_all(demo, ports, console)
            return await _live(demo, ports, process, console)
        finally:
            console.print("Stopping the server ...")


def _welcome(demo: Demo, ports: Ports, console: Console) -> None:
    console.print("[bold]AuditTrail[/bold] is ready.")
    if ports.dashboard:
        console.print(f"  Dashboard    http://{HOST}:{ports.dashboard}")
    console.print(f"  API          http://{HOST}:{ports.api}/docs")
    console.print(f"  Data, log    {escape(str(demo.data_dir))}")
    console.print("Send spans of your own, with any OpenTelemetry SDK and no key:")
    console.print(
        f"  OTEL_EXPORTER_OTLP_ENDPOINT=http://{HOST}:{ports.otlp_http} "
        "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf <your agent>"
    )


async def _replay_all(demo: Demo, ports: Ports, console: Console) -> None:
    """One capture after the other, each at its own pace."""
    console.print("\nReplaying what real agents sent:")
    columns = (
        TextColumn("  {task.description}"),
        BarColumn(16),
        TextColumn("{task.completed:.0f} of {task.total:.0f} spans, {task.fields[traces]}"),
        TimeElapsedColumn(),
    )
    captures = load_captures()
    width = max(len(capture.title) for capture in captures)
    url = f"http://{HOST}:{ports.otlp_http}"
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as client:
        with Progress(*columns, console=console) as progress:
            for capture in captures:
                count = capture.trace_count
                task = progress.add_task(
                    capture.title.ljust(width),
                    total=capture.span_count,
                    traces=f"{count} trace{'s' if count > 1 else ''}",
                )
                on_sent = functools.partial(progress.advance, task)
                await replay(capture, client, paced=not demo.fast, on_sent=on_sent)


async def _live(demo: Demo, ports: Ports, process: Process, console: Console) -> bool:
    """An agent, again and again unless once is enough."""
    chosen = choose_agent(ports, fast=demo.fast)

    def say(line: str) -> None:
        console.print(line, markup=False, style="cyan" if "Open http" in line else None)

    if chosen.instead:
        console.print(f"\n{escape(chosen.instead)}. A scripted agent runs instead.")
    for turn in itertools.count(1):
        console.print("\nAn agent at work, seen while it runs:")
        well = await agent(chosen, say=say)
        if demo.once:
            return well
        if turn == 1:
            console.print(
                f"\nThe agent runs again every {demo.every:g} s. Press Ctrl-C to stop; what it "
                "sent is kept."
            )
        await server_ended(process, demo.data_dir, demo.every)
    raise AssertionError("counting does not end")
