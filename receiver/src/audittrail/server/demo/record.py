"""Records the demonstration's samples: runs the examples of a checkout and keeps what they send.

    python -m audittrail.server.demo.record             # all of them, in about three minutes
    python -m audittrail.server.demo.record happy-path  # this one

They run offline, at their own pace, each in a process with a recorder of its own.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import typer
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from audittrail.server.demo.recorded_runs import RUNS, RecordedRun
from audittrail.server.demo.sample_file import Frame, Kind, as_capture, pack
from audittrail.testing.model_server import Answer, ModelServer, server_error

__all__ = ["main", "record"]

_HERE: Final = Path(__file__).resolve().parent
_ROOT: Final = _HERE.parents[4]
_SIDE_BY_SIDE: Final = 4
_LIMIT_S: Final = 180
_OTHERS: Final = ("AUDITTRAIL_", "LANGCHAIN_", "LANGSMITH_", "OPENAI_", "OTEL_")
_PATHS: Final[dict[str, Kind]] = {
    "/v1/traces": "traces",
    "/v1/logs": "logs",
    "/api/v1/ingest/traces": "registration",
}


class _Recorder(ThreadingHTTPServer):
    """Takes what a server takes, and keeps it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.frames: list[Frame] = []
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        kind = _PATHS[self.path]
        status, answer = 200, b""
        if kind == "registration":
            trace = json.loads(body)["trace"]
            body = json.dumps(trace).encode()
            status, answer = 201, json.dumps({"data": {"trace_id": trace["trace_id"]}}).encode()
        else:
            body = _without_paths(kind, body)
        assert isinstance(self.server, _Recorder)
        with self.server.lock:
            self.server.frames.append(Frame(kind, time.time_ns(), body))
        self.send_response(status)
        said = "application/json" if kind == "registration" else "application/x-protobuf"
        self.send_header("content-type", said)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        """Nothing."""


def record(run: RecordedRun) -> bytes:
    """Run the example, and return what it sent. Raises CalledProcessError if it failed in a way
    that it should not."""
    recorder = _Recorder()
    thread = threading.Thread(target=recorder.serve_forever, daemon=True)
    thread.start()
    try:
        with _model(run) as model, tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(  # noqa: S603 - our own examples
                [sys.executable, *run.command(_ROOT / "examples")],
                env=_environment(run, recorder.url, model),
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=_LIMIT_S,
                check=False,
            )
        if (done.returncode != 0) is not run.fails:
            raise subprocess.CalledProcessError(
                done.returncode, run.arguments, done.stdout, done.stderr
            )
        return pack(recorder.frames)
    finally:
        recorder.shutdown()
        recorder.server_close()
        thread.join()


@contextlib.contextmanager
def _model(run: RecordedRun) -> Iterator[str | None]:
    """A model for examples that bring none of their own."""
    if not run.needs_model:
        yield None
        return
    script = (lambda _: _down()) if run.fails else None
    with ModelServer(script, pace=0.06) as server:
        yield server.base_url


def _down() -> Answer:
    time.sleep(0.8)
    return server_error()


def _environment(run: RecordedRun, url: str, model: str | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OTHERS)}
    told = {
        "AUDITTRAIL_ENDPOINT": url,
        "OTEL_EXPORTER_OTLP_ENDPOINT": url,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_RESOURCE_ATTRIBUTES": run.resource,
        "AUDITTRAIL_SPOOL_DIR": "",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    if model is not None:
        told |= {"OPENAI_BASE_URL": model, "OPENAI_API_KEY": "any"}
    return kept | told


def _without_paths(kind: Kind, body: bytes) -> bytes:
    """Stacks name files; where the checkout lies is nobody's business."""
    message = ExportTraceServiceRequest() if kind == "traces" else ExportLogsServiceRequest()
    message.ParseFromString(body)
    _shorten(message)
    return bytes(message.SerializeToString())


def _shorten(message: Message) -> None:
    for field, value in message.ListFields():
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            for each in [value] if isinstance(value, Message) else value:
                _shorten(each)
        elif isinstance(value, str) and str(_ROOT) in value:
            setattr(message, field.name, value.replace(f"{_ROOT}/", ""))


def main(names: Sequence[str]) -> int:
    """Exit status 1 if a run failed; the samples that are there stay then."""
    folder = _HERE / "samples"
    folder.mkdir(exist_ok=True)
    wanted = {name: run for name, run in RUNS.items() if not names or name in names}
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        jobs = {name: pool.submit(record, run) for name, run in wanted.items()}
        for name, job in jobs.items():
            try:
                packed = job.result()
            except subprocess.CalledProcessError as error:
                typer.echo(f"{name}: {error}\n{error.output}\n{error.stderr}", err=True)
                return 1
            (folder / f"{name}.gz").write_bytes(packed)
            capture = as_capture(name, packed)
            typer.echo(
                f"{name:<24}{capture.trace_count:>2} traces {capture.span_count:>5} versions of "
                f"spans {len(packed):>8,} bytes"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
