"""Where ablations are asked for: it plans, begins, cancels, and takes up again what a stop of the
server interrupted."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog

from audittrail.ablation.endpoint import Endpoint
from audittrail.ablation.failures import EndpointError
from audittrail.ablation.findings import measured_of
from audittrail.ablation.history import History, load_history
from audittrail.ablation.planning import Plan, make_plan
from audittrail.ablation.request import AblationRequest, Limits
from audittrail.ablation.running import Running, Tools
from audittrail.ablation.targets import Target, targets_of
from audittrail.errors import AuditTrailError, Conflict, InvalidInput, NotFound
from audittrail.receiver.ids import as_sent, parse_span_id
from audittrail.rules.pricing import Pricer
from audittrail.storage import TRACE_UUID, AblationCall, AblationRun, Row, Store, TraceReader
from audittrail.storage.ablations import UNFINISHED

__all__ = ["NO_ENDPOINT", "NO_RUN", "AblationDesk", "EndpointSettings"]

log = structlog.get_logger(__name__)

NO_RUN: Final = "This trace has no ablation with this id."
NO_ENDPOINT: Final = (
    "No model endpoint is configured, so nothing can be re-run. The operator sets OPENAI_API_KEY "
    "(and OPENAI_BASE_URL for another endpoint than OpenAI's) and starts the server again."
)
_OPENAI: Final = "https://api.openai.com/v1"
_AT_ONCE: Final = 2
_MOST_WAITING: Final = 10
_TOLD_EVERY: Final = 0.25


@dataclass(frozen=True)
class EndpointSettings:
    """What the operator allows: the one endpoint that is asked, and what a run may spend."""

    base_url: str | None = None
    api_key: str | None = None
    allow_private: bool = False
    max_usd: float = 5.0
    max_calls: int = 2000

    @property
    def configured(self) -> bool:
        return bool(self.base_url or self.api_key)


class AblationDesk:
    """For one event loop; ``start`` and ``close`` are called in it. ``export`` stores an OTLP/JSON
    request of an owner; ``publish`` gives a message to those who watch a trace; ``version`` is
    noted with each run."""

    def __init__(
        self,
        store: Store,
        price: Pricer,
        endpoint: EndpointSettings,
        export: Callable[[str, bytes], Awaitable[Any]],
        publish: Callable[[str, str, dict[str, Any]], None],
        version: str,
    ) -> None:
        self._store = store
        self._version = version
        self.price = price
        self.settings = endpoint
        self._export = export
        self._publish = publish
        self._endpoint: Endpoint | None = None
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._running: dict[str, Running] = {}
        self._told: dict[str, tuple[float, str]] = {}

    # --- looking ----------------------------------------------------------------------------------

    def endpoint_told(self) -> dict[str, Any]:
        """``{"configured", "host", "why_not"}``; never the key."""
        if not self.settings.configured:
            return {"configured": False, "host": None, "why_not": NO_ENDPOINT}
        try:
            endpoint = self._open()
        except EndpointError as error:
            return {"configured": False, "host": None, "why_not": str(error)}
        return {"configured": True, "host": endpoint.host, "why_not": None}

    def look(self, reader: TraceReader, trace: Row) -> tuple[History, list[Target]]:
        history = load_history(reader, trace)
        return history, targets_of(history)

    def plan(self, reader: TraceReader, trace: Row, request: AblationRequest) -> Plan:
        """Raises InvalidInput, or Conflict where nothing can be explained."""
        history, targets = self.look(reader, trace)
        return make_plan(history, targets, request, _target_of(request), seed=0)

    def runs(self, owner: str, trace_id: str, limit: int = 100) -> Sequence[AblationRun]:
        found = self._store.ablations.list_runs(owner, trace_id, limit)
        return [self._newest(run) for run in found]

    def get(self, owner: str, trace_id: str, run_id: str) -> AblationRun:
        """Raises NotFound."""
        run = self._store.ablations.get_run(owner, trace_id, run_id)
        if run is None:
            raise NotFound(NO_RUN)
        return self._newest(run)

    def findings(self, run: AblationRun) -> dict[str, Any] | None:
        """What is known by now; None before anything is."""
        running = self._running.get(run.id)
        if running is not None:
            return running.findings()
        return json.loads(run.result) if run.result else None

    def calls(self, run: AblationRun) -> list[tuple[AblationCall, float | None]]:
        """Every answer in the order in which they came, with what it is worth; None before the full
        prompt was answered."""
        plan = Plan.from_dict(json.loads(run.plan))
        calls = self._store.ablations.list_calls(run.owner, run.id)
        values = {name: each.values() for name, each in measured_of(plan, calls).items()}
        told = []
        for call in calls:
            of_mask = values[plan.steps[call.step].span_id].get(int(call.mask, 16))
            told.append((call, of_mask.pop(0) if of_mask else None))
        return told

    def _newest(self, run: AblationRun) -> AblationRun:
        running = self._running.get(run.id)
        if running is None or running.run.owner != run.owner:
            return run
        return running.run._replace(progress=json.dumps(running.progress()))

    # --- doing ------------------------------------------------------------------------------------

    async def begin(
        self, owner: str, trace: Row, request: AblationRequest, plan: Plan
    ) -> AblationRun:
        """A new run, which goes on by itself. Raises Conflict."""
        self._open()
        within = self._within_limits(request, plan)
        waiting = sum(
            running.run.owner == owner and running.run.state in UNFINISHED
            for running in self._running.values()
        )
        if waiting >= _MOST_WAITING:
            raise Conflict(f"{waiting} ablations of yours wait already; let one end first.")
        now = time.time_ns()
        run = AblationRun(
            owner=owner,
            id=f"abl_{uuid.uuid4().hex[:20]}",
            trace_id=trace["trace_id"],
            revision=1,
            state="queued",
            created_ns=now,
            updated_ns=now,
            started_ns=None,
            ended_ns=None,
            calls_trace_id=secrets.token_hex(16),
            request=within.model_dump_json(),
            plan=json.dumps({**plan.as_dict(), "version": self._version}),
            progress="{}",
            result=None,
            error=None,
        )
        await asyncio.to_thread(self._store.ablations.put_run, run)
        shown = str(as_sent(trace["trace_id"], trace["id_form"], TRACE_UUID))
        await self._go(run, plan, (), shown)
        return self._newest(run)

    def _within_limits(self, request: AblationRequest, plan: Plan) -> AblationRequest:
        """With the operator's limits, where the request has higher ones or none."""
        prices = [self.price(step.model, step.provider, None, 1000, 100)[0] for step in plan.steps]
        if request.max_usd is not None and any(price is None for price in prices):
            raise InvalidInput(
                "A model of this run has no price, so a budget in USD cannot be kept. Set "
                "max_calls instead, or add the model to pricing.yaml.",
                field="max_usd",
            )
        usd = min(request.max_usd or self.settings.max_usd, self.settings.max_usd)
        calls = min(request.max_calls or self.settings.max_calls, self.settings.max_calls)
        known = None if any(price is None for price in prices) else usd
        return request.model_copy(update={"max_usd": known, "max_calls": calls})

    async def cancel(self, owner: str, trace_id: str, run_id: str) -> AblationRun:
        """What was measured stays. One that is over stays as it is. Raises NotFound."""
        run = self.get(owner, trace_id, run_id)
        running, task = self._running.get(run.id), self._tasks.get(run.id)
        if running is None or task is None:
            return run
        if running.run.state in UNFINISHED:
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if running.run.state in UNFINISHED:
            await running.end("cancelled")
        self._running.pop(run.id, None)
        return running.run

    async def delete(self, owner: str, trace_id: str, run_id: str) -> None:
        """With its calls. Raises NotFound."""
        await self.cancel(owner, trace_id, run_id)
        await asyncio.to_thread(self._store.ablations.delete_run, owner, trace_id, run_id)

    async def forget(self, owner: str, trace_id: str) -> set[str]:
        """End what goes on for a trace that is to be deleted. Returns the ids of the traces in
        which calls of its runs are recorded."""
        for run in list(self._running.values()):
            if (run.run.owner, run.run.trace_id) == (owner, trace_id):
                await self.cancel(owner, trace_id, run.run.id)
        return await asyncio.to_thread(self._store.ablations.calls_traces, owner, [trace_id])

    async def resume(
        self, owner: str, trace: Row, run_id: str, limits: Limits | None = None
    ) -> AblationRun:
        """Go on with a run that was cancelled or failed; nothing is asked twice. ``limits`` are for
        all its calls, and its former ones if None. Raises NotFound, Conflict."""
        run = self.get(owner, trace["trace_id"], run_id)
        if run.state in UNFINISHED and run.id in self._running:
            return run
        ending = self._tasks.get(run.id)
        if ending is not None:
            await asyncio.gather(ending, return_exceptions=True)
        if run.state == "complete":
            raise Conflict("This ablation is complete.")
        self._open()
        calls = await asyncio.to_thread(self._store.ablations.list_calls, owner, run_id)
        plan = Plan.from_dict(json.loads(run.plan))
        given = {} if limits is None else limits.model_dump(exclude_none=True)
        former = AblationRequest.model_validate_json(run.request)
        request = self._within_limits(former.model_copy(update=given), plan)
        if request.max_calls is not None and len(calls) >= request.max_calls:
            raise Conflict(
                f"It has made {len(calls)} calls, which is all that it may; give a larger "
                "max_calls."
            )
        run = run._replace(
            state="queued", error=None, ended_ns=None, request=request.model_dump_json()
        )
        shown = str(as_sent(trace["trace_id"], trace["id_form"], TRACE_UUID))
        await self._go(run, plan, calls, shown)
        return self._newest(run)

    # --- going on ---------------------------------------------------------------------------------

    async def start(self) -> None:
        """Take up what the last stop interrupted."""
        for run in await asyncio.to_thread(self._store.ablations.unfinished):
            try:
                await self._take_up(run)
            except Exception as error:
                log.exception("an ablation could not be taken up again", run=run.id)
                known = str(error) if isinstance(error, AuditTrailError) else "see the log"
                failed = run._replace(
                    state="failed",
                    error=f"It could not be taken up again after a restart: {known}",
                    revision=run.revision + 1,
                    ended_ns=time.time_ns(),
                    updated_ns=time.time_ns(),
                )
                await asyncio.to_thread(self._store.ablations.put_run, failed)

    async def _take_up(self, run: AblationRun) -> None:
        self._open()
        calls = await asyncio.to_thread(self._store.ablations.list_calls, run.owner, run.id)
        plan = Plan.from_dict(json.loads(run.plan))
        with self._store.read(run.owner) as reader:
            trace = reader.get_trace(run.trace_id)
        if trace is None:
            raise NotFound("its trace was deleted.")
        shown = str(as_sent(trace["trace_id"], trace["id_form"], TRACE_UUID))
        await self._go(run, plan, calls, shown)

    async def close(self) -> None:
        """Stop asking; what goes on now will after the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for running in list(self._running.values()):
            await running.settle()
        if self._endpoint is not None:
            await self._endpoint.aclose()

    def _open(self) -> Endpoint:
        """Raises Conflict without an endpoint, EndpointRefused for an address that is not asked."""
        if not self.settings.configured:
            raise Conflict(NO_ENDPOINT)
        if self._endpoint is None:
            self._endpoint = Endpoint(
                self.settings.base_url or _OPENAI,
                self.settings.api_key,
                allow_private=self.settings.allow_private,
            )
        return self._endpoint

    async def _go(self, run: AblationRun, plan: Plan, calls: Sequence[Any], shown: str) -> None:
        def tell(told: AblationRun, progress: dict[str, Any]) -> None:
            self._tell(told, progress, shown)

        tools = Tools(self._store.ablations, self._open(), self.price, self._export, tell)
        # Long prompts take a while to be estimated.
        running = await asyncio.to_thread(Running, run, plan, calls, tools)
        self._running[run.id] = running
        task = asyncio.create_task(self._guarded(running), name=f"ablation {run.id}")
        self._tasks[run.id] = task
        task.add_done_callback(lambda _: self._over(run.id))

    async def _guarded(self, running: Running) -> None:
        async with self._slots:
            await running.go()

    def _over(self, run_id: str) -> None:
        self._tasks.pop(run_id, None)
        running = self._running.get(run_id)
        if running is not None and running.run.state not in UNFINISHED:
            self._running.pop(run_id, None)
        self._told.pop(run_id, None)

    def _tell(self, run: AblationRun, progress: dict[str, Any], shown: str) -> None:
        """At most four times a second, and whenever the state changes."""
        last, state = self._told.get(run.id, (0.0, ""))
        now = time.monotonic()
        if state == run.state and now - last < _TOLD_EVERY:
            return
        self._told[run.id] = (now, run.state)
        message = {"type": "ablation", "trace_id": shown, "run": run.id, "state": run.state}
        self._publish(run.owner, run.trace_id, {**message, "progress": progress})


def _target_of(request: AblationRequest) -> str | None:
    if request.target is None:
        return None
    try:
        return parse_span_id(request.target, "target").hex
    except InvalidInput:
        raise InvalidInput("This trace has no model call with this id.", field="target") from None
