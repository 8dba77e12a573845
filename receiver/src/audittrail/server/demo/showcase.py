"""The demonstration on a server: sample data for whoever looks at it, and an agent that runs live
while somebody does. It costs nothing until somebody asks for it, nor after they have left."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

import structlog

from audittrail.accounts.service import AccountService
from audittrail.api import LiveHub, Services
from audittrail.rules.pricing import Pricer
from audittrail.storage import Row, Store

if TYPE_CHECKING:
    from audittrail.server.demo.account import DemoAccount

__all__ = ["Showcase", "running"]

log = structlog.get_logger(__name__)

_WAIT_SECONDS: Final = 10.0
_RENEW_NS: Final = 24 * 3600 * 10**9
_AGAIN_SECONDS: Final = 5.0


class Showcase:
    """``speed`` is how much faster than it was recorded the live run happens, ``kept`` how many
    traces of it there are at most; ``linger`` is how many seconds after the last request somebody
    still counts as looking."""

    def __init__(
        self,
        store: Store,
        accounts: AccountService,
        pricer: Pricer,
        live: LiveHub,
        *,
        speed: float = 1.0,
        linger: float = 30.0,
        kept: int = 10,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._pricer = pricer
        self._live = live
        self._speed = speed
        self._linger = linger
        self._kept = kept
        self._loop: asyncio.AbstractEventLoop | None = None
        self._account: DemoAccount | None = None
        self._owner: str | None = None
        self._last_look = float("-inf")
        self._filling: asyncio.Task[None] | None = None
        self._showing: asyncio.Task[None] | None = None

    async def enter(self, address: str) -> str:
        """See ``api.Demonstration``. The data may come later than the token if storing it takes
        very long."""
        token = await asyncio.to_thread(self._accounts.demo_token, address)
        if self._filling is None or self._filling.done():
            self._filling = asyncio.create_task(self._fill())
        await asyncio.wait({self._filling}, timeout=_WAIT_SECONDS)
        return token

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """For the length of the block somebody may look; at its end everything stops."""
        self._loop = asyncio.get_running_loop()
        self._accounts.on_demo = self._looked
        try:
            yield
        finally:
            self._accounts.on_demo = None
            self._loop = None
            tasks = [task for task in (self._filling, self._showing) if task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._account is not None:
                await asyncio.to_thread(self._account.close)

    @property
    def showing(self) -> bool:
        """Whether a run is shown live."""
        return self._showing is not None and not self._showing.done()

    def _looked(self) -> None:
        """Somebody used a token of the demonstration; called from any thread."""
        self._last_look = time.monotonic()
        loop = self._loop
        if loop is not None and not self.showing:
            with contextlib.suppress(RuntimeError):  # the loop was closed just now
                loop.call_soon_threadsafe(self._begin)

    def _begin(self) -> None:
        if self._loop is not None and not self.showing:
            self._showing = asyncio.create_task(self._show())

    def _is_watched(self) -> bool:
        if time.monotonic() - self._last_look < self._linger:
            return True
        return self._owner is not None and self._live.is_watched(self._owner)

    async def _opened(self) -> DemoAccount:
        # Imported late, and made late: few servers are looked at.
        from audittrail.server.demo.account import DemoAccount

        if self._account is None:
            user = await asyncio.to_thread(self._accounts.demo_user)
            if self._account is None:
                self._owner = user.id
                self._account = DemoAccount(user.id, self._store, self._pricer)
        return self._account

    async def _fill(self) -> None:
        """Put the samples there, in the place of old ones."""
        from audittrail.server.demo.samples import SAMPLES, TRACES, load_sample

        try:
            account = await self._opened()
            old, _ = await asyncio.to_thread(account.traces)
            if len(old) >= TRACES and not _is_stale(old):
                return
            now = time.time_ns()
            for sample in SAMPLES:
                capture = await asyncio.to_thread(load_sample, sample.name)
                await account.put(capture, now - round(sample.minutes_ago * 60e9))
            account.delete(row["trace_id"] for row in old)
            log.info("demonstration filled", traces=TRACES)
        except Exception:
            log.exception("the demonstration could not be filled")

    async def _show(self) -> None:
        """Let the live run happen again and again while somebody watches."""
        from audittrail.server.demo.samples import LIVE, load_sample

        try:
            account = await self._opened()
            capture = await asyncio.to_thread(load_sample, LIVE)
            while self._is_watched():
                _, shown = await asyncio.to_thread(account.traces)
                account.delete(row["trace_id"] for row in _to_remove(shown, self._kept))
                await account.perform(capture, self._is_watched, self._speed)
                await asyncio.sleep(_AGAIN_SECONDS / self._speed)
        except Exception:
            log.exception("the live demonstration stopped")


def _is_stale(rows: list[Row]) -> bool:
    newest = max(row["end_ns"] or 0 for row in rows)
    return time.time_ns() - newest > _RENEW_NS


def _to_remove(shown: list[Row], kept: int) -> list[Row]:
    """What a server that was killed left unfinished, and the oldest, so that there is room for
    one more."""
    unfinished = [row for row in shown if row["state"] == "running"]
    finished = [row for row in shown if row["state"] != "running"]
    return unfinished + finished[kept - 1 :]


@contextlib.asynccontextmanager
async def running(services: Services) -> AsyncIterator[None]:
    """The demonstration of a server, for as long as it serves; nothing if it has none."""
    if not isinstance(services.demo, Showcase):
        yield
        return
    async with services.demo.running():
        yield
