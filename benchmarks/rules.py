"""What judging by rules costs ingest, how soon a verdict is there, and how fast history is judged.

Servers with and without rules take the same spans by turns; the ratio of the two rates is what
counts. Then a server that is otherwise idle tells how long a verdict takes after the answer, and
one with many stored spans judges them all anew.

    python benchmarks/rules.py
    python benchmarks/rules.py --spans 200000 --stored 1000000
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import httpx
import yaml
from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.support.otlp import new_trace_id, span, traces_request
from tests.support.servers import AUDITTRAIL, Server

from audittrail.rules.shipped import default_rules_dir
from benchmarks.runs import fresh_server, send

_RULES: Final = 20
_VERDICTS: Final = 50


def rules_folder(folder: Path, rules: int) -> Path:
    """A rules folder with so many of the shipped rules, and the shipped prices."""
    shipped = default_rules_dir()
    shutil.copy(shipped / "pricing.yaml", folder / "pricing.yaml")
    (folder / "constitution").mkdir()
    found = []
    for path in sorted((shipped / "constitution").glob("*.yaml")):
        found += yaml.safe_load(path.read_text("utf-8"))["rules"]
    text = yaml.safe_dump({"rules": found[:rules]}, sort_keys=False)
    (folder / "constitution" / "rules.yaml").write_text(text, "utf-8")
    return folder


def rate(rules: int, spans: int) -> float:
    """Spans stored a second, with so many rules in force."""
    with tempfile.TemporaryDirectory(prefix="audittrail-rules-") as folder:
        chosen = str(rules_folder(Path(folder), rules))
        with fresh_server(RULES_DIR=chosen) as server:
            send(server, "grpc", spans // 10)
            return float(send(server, "grpc", spans)["spans_per_s"])


def verdict_ms(server: Server) -> float:
    """From the answer to a span until its violation can be read."""
    trace_id = new_trace_id()
    marks = {"gen_ai.operation.name": "chat", "gen_ai.response.finish_reasons": ["length"]}
    body = traces_request(span(trace_id, name="chat", attributes=marks))
    headers = {"content-type": "application/x-protobuf"}
    httpx.post(f"{server.otlp_http}/v1/traces", content=body, headers=headers).raise_for_status()
    answered = time.perf_counter()
    with httpx.Client(base_url=server.api) as client:
        while not client.get(f"/api/v1/traces/{trace_id}/violations").json()["data"]:
            if time.perf_counter() - answered > 30:
                raise SystemExit("no verdict within 30 s")
            time.sleep(0.005)
    return (time.perf_counter() - answered) * 1000


def history(stored: int, console: Console) -> None:
    """Judge ``stored`` spans that came before there were rules."""
    with tempfile.TemporaryDirectory(prefix="audittrail-rules-") as folder:
        none = rules_folder(Path(folder), 0)
        with fresh_server(RULES_DIR=str(none)) as server:
            with console.status(f"storing {stored:,} spans"):
                send(server, "grpc", stored)
            shutil.rmtree(none / "constitution")
            (none / "pricing.yaml").unlink()
            rules_folder(none, _RULES)
            started = time.perf_counter()
            command = [AUDITTRAIL, "rules", "apply", "--since", "all"]
            subprocess.run(
                command, env=dict(server.environment), check=True, stdout=subprocess.DEVNULL
            )
            seconds = time.perf_counter() - started
    console.print(
        f"History: {stored:,} spans by {_RULES} rules in {seconds:.1f} s "
        f"({stored / seconds:,.0f} spans/s)."
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spans", type=int, default=300_000, help="in each run")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--stored", type=int, default=1_000_000, help="for history")
    given = parser.parse_args()
    console = Console()
    ratios = []
    for number in range(given.rounds):
        with console.status("sending"):
            order = (_RULES, 0) if number % 2 else (0, _RULES)
            rates = {rules: rate(rules, given.spans) for rules in order}
        ratios.append(rates[_RULES] / rates[0])
        console.print(
            f"{rates[0]:,.0f} spans/s without rules, {rates[_RULES]:,.0f} with {_RULES}: "
            f"{ratios[-1]:.2f}"
        )
    if ratios:
        console.print(
            f"Ingest with {_RULES} rules: {statistics.median(ratios):.2f} of without, median of "
            f"{len(ratios)} pairs ({min(ratios):.2f} to {max(ratios):.2f})."
        )
    with fresh_server() as server:
        verdict_ms(server)
        times = sorted(verdict_ms(server) for _ in range(_VERDICTS))
    console.print(
        f"Verdict after the answer: median {statistics.median(times):.0f} ms, p95 "
        f"{times[round(0.95 * len(times)) - 1]:.0f} ms, most {times[-1]:.0f} ms."
    )
    if given.stored:
        history(given.stored, console)


if __name__ == "__main__":
    main()
