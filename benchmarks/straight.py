"""What the machine can do at most: the very rows that the receiver makes, inserted straight from
Arrow into the same table of an empty file, in groups, each committed, and a checkpoint."""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from audittrail.receiver.mapping.engine import Engine
from audittrail.receiver.otlp.protobuf import decode_traces
from audittrail.receiver.spans import build_spans
from audittrail.rules.pricing import Pricer
from audittrail.rules.shipped import default_rules_dir
from audittrail.storage.duckdb.database import Database
from audittrail.storage.duckdb.group import stamped
from benchmarks.payload import build_request
from benchmarks.renewable import Renewable


def insert(spans: int, per_request: int, group: int) -> dict[str, float]:
    price = Pricer(default_rules_dir())
    tables = []
    request = Renewable(build_request(per_request, 0, time.time_ns()))
    for _ in range(spans // per_request):
        body, _ = request.renewed()
        batch = build_spans(decode_traces(body), "owner", time.time_ns(), Engine(), price)
        assert batch.spans is not None
        tables.append(batch.spans)
    with tempfile.TemporaryDirectory(prefix="audittrail-straight-") as folder:
        database = Database(Path(folder) / "straight.duckdb")
        cursor = database.borrow()
        done = turn = 0
        used = resource.getrusage(resource.RUSAGE_SELF)
        started = time.perf_counter()
        while done < spans:
            parts = []
            rows = 0
            while rows < group:
                table = tables[turn % len(tables)]
                turn += 1
                parts.append(stamped(table, "owner", done + rows + 1, time.time_ns()))
                rows += table.num_rows
            cursor.begin()
            cursor.register("incoming", pa.concat_tables(parts))
            cursor.execute(database.queries.append_spans)
            cursor.unregister("incoming")
            cursor.commit()
            done += rows
        cursor.execute("checkpoint")
        seconds = time.perf_counter() - started
        after = resource.getrusage(resource.RUSAGE_SELF)
        database.give_back(cursor)
        database.close()
    cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    return {
        "spans_per_s": done / seconds,
        "cpu_us_per_span": cpu / done * 1e6,
        "arrow_bytes_per_span": sum(t.nbytes for t in tables) / sum(t.num_rows for t in tables),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=50_000)
    parser.add_argument("--per-request", type=int, default=512)
    parser.add_argument("--group", type=int, default=1024)
    given = parser.parse_args()
    print(json.dumps(insert(given.spans, given.per_request, given.group)))
