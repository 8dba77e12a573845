"""The demonstration on a server: how its data gets there, and the run that is shown live."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from audittrail.api import Services
from audittrail.server.core import build_services
from audittrail.server.demo.samples import LIVE, SAMPLES, TRACES, load_sample
from audittrail.server.demo.showcase import Showcase
from audittrail.server.settings import Settings
from audittrail.storage import TraceQuery
from tests.support.servers import SECRET_KEY

SPEED = 2000.0
KEPT = 2
LIMIT_S = 60
DAY_NS = 24 * 3600 * 10**9


@dataclass
class Stage:
    """A server without doors."""

    services: Services
    showcase: Showcase

    @property
    def owner(self) -> str:
        return self.services.accounts.demo_user().id

    def rows(self) -> list[dict[str, Any]]:
        with self.services.store.read(self.owner) as reader:
            return list(reader.list_traces(TraceQuery(limit=500)).rows)

    def samples(self) -> list[dict[str, Any]]:
        return [row for row in self.rows() if row["metadata"] is None]

    def live(self) -> list[dict[str, Any]]:
        return [row for row in self.rows() if row["metadata"] is not None]

    async def look(self) -> None:
        """What a request with a token of the demonstration does."""
        token = await self.showcase.enter("203.0.113.9")
        assert self.services.accounts.authenticate(token).demo

    async def until(self, holds: Callable[[], Any]) -> Any:
        end = time.monotonic() + LIMIT_S
        while not (found := await asyncio.to_thread(holds)):
            assert time.monotonic() < end, "it did not happen"
            await asyncio.sleep(0.1)
        return found


@contextlib.asynccontextmanager
async def stage(folder: Path, *, speed: float = SPEED, linger: float = 0.5) -> AsyncIterator[Stage]:
    settings = Settings(data_dir=folder, secret_key=SECRET_KEY)  # type: ignore[arg-type]  # pydantic makes it one
    services = build_services(settings)
    showcase = Showcase(
        services.store,
        services.accounts,
        services.pricer,
        services.live,
        speed=speed,
        linger=linger,
        kept=KEPT,
    )
    try:
        async with showcase.running():
            yield Stage(services, showcase)
    finally:
        services.pipeline.close()
        services.store.close()


@pytest.mark.slow
def test_renewed_samples_take_the_place_of_old_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second look finds the same traces; a look a day later finds as many, none of them one of
    before, and with the same figures."""

    async def run() -> None:
        async with stage(tmp_path) as server:
            await server.look()
            first = server.samples()
            assert len(first) == TRACES
            await server.look()
            assert ids(server.samples()) == ids(first)
            later = time.time_ns() + DAY_NS
            monkeypatch.setattr("audittrail.server.demo.showcase.time.time_ns", lambda: later)
            await server.look()
            await server.until(lambda: not ids(server.samples()) & ids(first))
            second = server.samples()
            assert figures(second) == figures(first)
            assert max(row["end_ns"] for row in second) < later
            assert min(row["end_ns"] for row in second) > later - DAY_NS

    asyncio.run(run())


def ids(rows: list[dict[str, Any]]) -> set[str]:
    return {row["trace_id"] for row in rows}


def figures(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    names = ("name", "state", "span_count", "error_count", "tokens_in", "cost", "cost_source")
    return sorted((tuple(str(row[name]) for name in names) for row in rows), key=str)


def test_times_are_moved_as_the_list_says(tmp_path: Path) -> None:
    """Each run ended so many minutes ago, and took as long as it was recorded."""

    async def run() -> None:
        async with stage(tmp_path) as server:
            await server.look()
            now = time.time_ns()
            ends = sorted(row["end_ns"] for row in server.samples())
            for sample in SAMPLES:
                wanted = now - round(sample.minutes_ago * 60e9)
                # Since the first was stored some time has passed.
                assert any(-60e9 < end - wanted <= 0 for end in ends), sample
            lasted = {row["end_ns"] - row["start_ns"] for row in server.samples()}
            capture = load_sample(LIVE)
            assert len(capture.trace_ids) == 1
            spans = [span for request in capture.requests for span in request.spans()]
            final = [span for span in spans if not is_running(span)]
            ended = max(span.end_time_unix_nano for span in final)
            assert ended - min(span.start_time_unix_nano for span in final) in lasted

    asyncio.run(run())


def is_running(span: Any) -> bool:
    return any(each.key == "audittrail.span.running" for each in span.attributes)


@pytest.mark.slow
def test_a_run_is_shown_while_somebody_watches(tmp_path: Path) -> None:
    """Not before; again and again while there is a subscription, the last of them kept; and not
    any more soon after it has ended."""

    async def run() -> None:
        async with stage(tmp_path) as server:
            await server.showcase.enter("203.0.113.9")
            assert not server.showcase.showing
            subscription = server.services.live.subscribe(server.owner, None)
            await server.look()
            seen: set[str] = set()

            def many() -> bool:
                rows = server.live()
                assert len(rows) <= KEPT
                seen.update(row["trace_id"] for row in rows)
                return len(seen) > KEPT + 1

            await server.until(many)
            # It goes on although nobody has asked for longer than that counts.
            assert server.showcase.showing
            server.services.live.unsubscribe(subscription)
            await server.until(lambda: not server.showcase.showing)
            await server.until(lambda: {row["state"] for row in server.live()} == {"complete"})
            shown = server.live()
            assert 1 <= len(shown) <= KEPT
            [sample] = [row for row in server.samples() if row["name"] == shown[0]["name"]]
            assert {figures([row])[0] for row in shown} == {figures([sample])[0]}
            assert len(server.samples()) == TRACES

    asyncio.run(run())


def test_it_runs_first_and_leaves_nothing_unfinished(tmp_path: Path) -> None:
    """In the middle of a run its trace is running, with spans that have no end yet. At the end of
    the server it is taken away, and the server waits for none of it."""

    async def run() -> None:
        async with stage(tmp_path, speed=4, linger=LIMIT_S) as server:
            await server.look()
            row = await server.until(
                lambda: next((row for row in server.live() if row["span_count"] > 20), None)
            )
            assert row["state"] == "running"
            assert row["open_spans"] > 1
        async with stage(tmp_path) as server:
            assert server.live() == []
            assert len(server.samples()) == TRACES

    asyncio.run(run())
