"""From files and addresses of traces to a store of their own."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import httpx
import pyarrow as pa
import pyarrow.parquet as pq

from audittrail.errors import AuditTrailError, InvalidInput, NotFound, SettingsError
from audittrail.receiver.ids import parse_trace_id
from audittrail.receiver.pipeline import Pipeline
from audittrail.storage import FACT_FIELDS, PHASE_FINAL, Batch, SpanFacts, Store
from audittrail.storage.columns import SPAN_COLUMNS, to_table

__all__ = ["OWNER", "Gathering", "is_trace_id"]

OWNER: Final = "check"
_REQUIRED: Final = ("trace_id", "span_id", "start_ns")
_DEFAULTS: Final[dict[str, Any]] = {
    "origin": "otlp",
    "phase": PHASE_FINAL,
    "id_form": 0,
    "remote_parent": False,
    "attributes": "{}",
    "resource": "{}",
    "scope": "{}",
    "events": "[]",
    "links": "[]",
    "flags": "[]",
}
_PAGE: Final = 200
_TIMEOUT: Final = 60.0


def is_trace_id(text: str) -> bool:
    try:
        parse_trace_id(text)
    except InvalidInput:
        return False
    return True


class Gathering:
    """Puts what is to be checked into a store. ``files`` are the files by trace id, for reports;
    what came from a server has none. ``skipped`` are files of metrics, in which no rule
    looks."""

    def __init__(self, store: Store, pipeline: Pipeline) -> None:
        self._store = store
        self._pipeline = pipeline
        self.files: dict[str, str] = {}
        self.skipped: list[str] = []

    def add_file(self, path: Path) -> None:
        """Traces as OTLP (JSON, one request a line, or protobuf; gzip as well), or as Parquet with
        the columns of stored spans. Raises SettingsError that names the file."""
        try:
            data = path.read_bytes()
            if path.suffix == ".gz":
                data, path = gzip.decompress(data), path.with_suffix("")
        except (OSError, EOFError) as error:
            raise SettingsError(f"{path} cannot be read: {error}") from None
        if ".metrics." in path.name:
            self.skipped.append(str(path))
            return
        before = self._known()
        try:
            self._add(path, data)
        except SettingsError:
            raise
        except (AuditTrailError, pa.ArrowException, ValueError) as error:
            raise SettingsError(f"{path} holds no traces that can be read: {error}") from None
        for trace_id in self._known() - before:
            self.files[trace_id] = str(path)

    def _add(self, path: Path, data: bytes) -> None:
        signal: Any = "logs" if ".logs." in path.name else "traces"
        if path.suffix == ".parquet":
            self._store.writer.append(_from_parquet(path, data)).result()
        elif path.suffix in (".pb", ".binpb", ".otlp"):
            self._export(signal, "protobuf", data)
        elif path.suffix in (".json", ".jsonl", ".ndjson"):
            for body in _requests(data):
                self._export(signal, "json", body)
        else:
            raise SettingsError(
                f"{path}: what it holds is told by its name: .otlp.json, .jsonl, .pb or .parquet."
            )

    def _export(self, signal: Any, encoding: Any, body: bytes) -> None:
        outcome = asyncio.run(self._pipeline.export(OWNER, signal, encoding, body))
        if outcome.rejected:
            raise InvalidInput(outcome.message)

    def _known(self) -> set[str]:
        heads = self._store.violations.heads_since(OWNER, 0, -1, 10**9)
        return {head.trace_id for head in heads}

    def add_from_server(
        self,
        address: str,
        key: str | None,
        trace_ids: Sequence[str],
        since: str | None,
        told: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Fetch these traces, or all since a time, through the API. ``told`` is called with how
        many there are so far. Raises SettingsError or NotFound."""
        headers = {"authorization": f"Bearer {key}"} if key else {}
        with httpx.Client(base_url=address, headers=headers, timeout=_TIMEOUT) as client:
            ids = list(trace_ids)
            if since is not None:
                pages = _pages(client, "/api/v1/traces", {"since": since, "limit": 1000})
                ids += [trace["trace_id"] for page in pages for trace in page]
            for number, trace_id in enumerate(dict.fromkeys(ids), 1):
                path = f"/api/v1/traces/{trace_id}/otlp"
                for page in _pages(client, path, {"limit": _PAGE}):
                    self._export("traces", "json", json.dumps({"resourceSpans": page}).encode())
                told(number)


def _pages(client: httpx.Client, path: str, params: dict[str, Any]) -> Any:
    cursor = None
    while True:
        asked = params if cursor is None else {**params, "cursor": cursor}
        try:
            answer = client.get(path, params=asked)
        except httpx.HTTPError as error:
            raise SettingsError(
                f"{client.base_url} does not answer ({error}). Name the server with --endpoint or "
                "AUDITTRAIL_API_URL, or check files instead: audittrail check FILE."
            ) from None
        if answer.status_code == 404 and path.endswith("/otlp"):
            raise NotFound(f"{client.base_url} has no trace {path.split('/')[-2]} of yours.")
        if answer.status_code in (401, 403):
            raise SettingsError(
                f"{client.base_url} refuses ({answer.json()['detail']}). Give a key with the scope "
                "read: --api-key or AUDITTRAIL_API_KEY."
            )
        if not answer.is_success:
            raise SettingsError(f"{answer.url} answered {answer.status_code}: {answer.text[:300]}")
        body = answer.json()
        yield body["data"]
        cursor = body.get("next_cursor")
        if cursor is None:
            return


def _requests(data: bytes) -> list[bytes]:
    """The export requests of a file: one JSON value, or one on each line."""
    try:
        json.loads(data)
    except ValueError:
        lines = [line for line in data.splitlines() if line.strip()]
        return lines if len(lines) > 1 else [data]
    return [data]


def _from_parquet(path: Path, data: bytes) -> Batch:
    table = pq.read_table(io.BytesIO(data))
    missing = [name for name in _REQUIRED if name not in table.column_names]
    if missing:
        raise SettingsError(
            f"{path} has no column {missing[0]}; Parquet files have the columns of stored spans, "
            f"at least {', '.join(_REQUIRED)}."
        )
    names = [name for name in SPAN_COLUMNS if name in table.column_names]
    columns: dict[str, Any] = {
        name: table.column(name).cast(SPAN_COLUMNS[name]).to_pylist() for name in names
    }
    rows = table.num_rows
    for name, value in _DEFAULTS.items():
        given = columns.get(name) or [None] * rows
        columns[name] = [value if each is None else each for each in given]
    facts = []
    for place in range(rows):
        row = {name: values[place] for name, values in columns.items()}
        fact: dict[str, Any] = {name: row.get(name) for name in FACT_FIELDS}
        fact |= {"internal": '"internal"' in row["flags"], "fingerprint": place}
        facts.append(SpanFacts(**fact))
    return Batch(OWNER, time.time_ns(), to_table(SPAN_COLUMNS, columns, rows), facts)
