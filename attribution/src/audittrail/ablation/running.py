"""One run: from its plan to its result, one call of the model at a time or a few."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, NamedTuple

import structlog

from audittrail.ablation.asking import ask_step
from audittrail.ablation.budget import Budget, BudgetSpent
from audittrail.ablation.completion import Completion
from audittrail.ablation.endpoint import Endpoint
from audittrail.ablation.estimate import Estimate, estimate_step
from audittrail.ablation.findings import findings, matters, measured_of
from audittrail.ablation.likelihood import answer_likelihood
from audittrail.ablation.planning import Plan
from audittrail.ablation.recording import CallsTrace
from audittrail.ablation.request import AblationRequest
from audittrail.ablation.step import Step, answer_dict
from audittrail.attribution import Answer, Mask, ToolCall
from audittrail.errors import AuditTrailError
from audittrail.rules.pricing import Pricer
from audittrail.storage import AblationCall, AblationRun, AblationStore

__all__ = ["Running", "Tools"]

log = structlog.get_logger(__name__)

_STORED_EVERY: Final = 1.0


class Tools(NamedTuple):
    """What a run works with. ``export`` stores an OTLP/JSON request of an owner; ``tell`` says that
    a run has got further."""

    store: AblationStore
    endpoint: Endpoint
    price: Pricer
    export: Callable[[str, bytes], Awaitable[Any]]
    tell: Callable[[AblationRun, dict[str, Any]], None]


class Running:
    """A run that goes on. Every answer is stored before it counts, so that nothing that was paid
    for is asked twice, also after a restart."""

    def __init__(
        self, run: AblationRun, plan: Plan, calls: Sequence[AblationCall], tools: Tools
    ) -> None:
        self.run = run
        self.plan = plan
        self.measured = measured_of(plan, calls)
        self.stripped: set[str] = set()
        self._tools = tools
        request = AblationRequest.model_validate_json(run.request)
        self._budget = Budget(request.max_calls, request.max_usd)
        self._estimates = {step.span_id: estimate_step(step, tools.price) for step in plan.steps}
        self._skipped: set[str] = set()
        self._done: set[str] = set()
        self._keeping: set[asyncio.Task[None]] = set()
        self._now: str | None = None
        self._tokens = [0, 0]
        self._costs: list[tuple[float | None, str | None]] = []
        for call in calls:
            self._count(call)
            self._budget.calls += 1
            self._budget.usd += call.cost or 0.0
        self._trace = CallsTrace(run.id, run.calls_trace_id or "", run.trace_id, plan.target.name)
        self._stored_at = 0.0
        self._cache: tuple[int, dict[str, Any]] | None = None

    async def go(self) -> None:
        """Until it is over; what went wrong is in the run. Raises CancelledError if it is cancelled
        or the server stops, with all that was answered stored."""
        started = self.run.started_ns or time.time_ns()
        await self._put(state="running", started_ns=started)
        await self._tell_root("running", None)
        error, state = None, "complete"
        try:
            for step in self.plan.steps:
                if not await asyncio.to_thread(matters, self.plan, self.measured, step):
                    self._skipped.add(step.span_id)
                    continue
                self._now = step.shown_id
                await self._explain(step)
                self._done.add(step.span_id)
        except BudgetSpent as spent:
            state, error = "cancelled", str(spent)
        except AuditTrailError as failed:
            state, error = "failed", str(failed)
        except Exception:
            log.exception("an ablation failed", run=self.run.id)
            state, error = "failed", "Something went wrong in the server; its log says what."
        self._now = None
        await self.end(state, error)

    async def end(self, state: str, error: str | None = None) -> None:
        """Store the result, also of a run that was cancelled."""
        await self.settle()
        result = await asyncio.to_thread(self.findings)
        now = time.time_ns()
        await self._tell_root(state, now)
        await self._put(state=state, error=error, ended_ns=now, result=json.dumps(result))

    def findings(self) -> dict[str, Any]:
        """What is known by now; for a thread."""
        calls = sum(each.calls for each in self.measured.values())
        if self._cache is None or self._cache[0] != calls:
            found = findings(self.plan, self.measured)
            found["notices"] += [
                f"The model refused {name}; it was left out." for name in sorted(self.stripped)
            ]
            self._cache = (calls, found)
        return self._cache[1]

    def progress(self) -> dict[str, Any]:
        done = len(self._costs)
        rest = [
            self._left(step, self._estimates[step.span_id])
            for step in self.plan.steps
            if step.span_id not in self._skipped
        ]
        known = [cost for cost, _ in self._costs if cost is not None]
        sources = {source for _, source in self._costs if source}
        cost = sum(known) if known else None
        return {
            "calls": done,
            "calls_planned": done + sum(planned for planned, _ in rest),
            "calls_at_most": done + sum(most for _, most in rest),
            "tokens_in": self._tokens[0],
            "tokens_out": self._tokens[1],
            "cost": cost,
            "cost_source": "mixed" if len(sources) > 1 else next(iter(sources), None),
            "unpriced_calls": done - len(known),
            "step": self._now,
        }

    def _left(self, step: Step, estimate: Estimate) -> tuple[int, int]:
        if self.run.state not in ("queued", "running"):
            return 0, 0
        if step.span_id in self._done:
            return 0, 0
        calls = self.measured[step.span_id].calls
        return max(0, estimate.calls - calls), max(0, estimate.calls_at_most - calls)

    async def _explain(self, step: Step) -> None:
        async def ask(mask: Mask, sample: int) -> None:
            await self._ask(step, mask, sample)

        await ask_step(self.measured[step.span_id], ask)

    async def _ask(self, step: Step, mask: Mask, sample: int) -> None:
        """Charge, ask, store, tell."""
        charged, _ = self._tools.price(
            step.model, step.provider, None, step.tokens(mask), step.most_tokens_out
        )
        self._budget.charge(charged)
        body = step.body(mask)
        try:
            completion = await self._tools.endpoint.chat(body)
        except BaseException:
            self._budget.release(charged)
            raise
        self.stripped.update(completion.stripped)
        likelihood = None
        if step.measure == "likelihood":
            likelihood = answer_likelihood(completion.prompt_logprobs, step.recorded.text)
        # An answer that was paid for is kept, also if the run is cancelled at this moment.
        keeping = asyncio.create_task(
            self._keep(step, mask, sample, body, completion, charged, likelihood)
        )
        self._keeping.add(keeping)
        keeping.add_done_callback(self._keeping.discard)
        await asyncio.shield(keeping)

    async def _keep(
        self,
        step: Step,
        mask: Mask,
        sample: int,
        body: dict[str, Any],
        completion: Completion,
        charged: float | None,
        likelihood: float | None,
    ) -> None:
        answer = Answer(
            completion.text,
            tuple(ToolCall(call.name, call.arguments) for call in completion.tool_calls),
        )
        said = answer_dict(answer)
        if likelihood is not None:
            said["likelihood"] = likelihood
        call = self._call(step, mask, sample, completion, said)
        await asyncio.to_thread(self._tools.store.add_calls, [call])
        self._budget.settle(charged, call.cost)
        self.measured[step.span_id].add(mask, answer, likelihood)
        self._count(call)
        told = self._trace.call(step, mask, sample, body, completion)
        await self._tools.export(self.run.owner, told)
        if time.monotonic() - self._stored_at > _STORED_EVERY:
            await self._put()
        self._tools.tell(self.run, self.progress())

    async def settle(self) -> None:
        """Wait until all answers that came are stored."""
        await asyncio.gather(*self._keeping, return_exceptions=True)

    def _call(
        self, step: Step, mask: Mask, sample: int, completion: Completion, said: dict[str, Any]
    ) -> AblationCall:
        cost, source = self._tools.price(
            completion.model or step.model,
            step.provider,
            None,
            completion.tokens_in,
            completion.tokens_out,
            completion.tokens_cached,
            None,
            completion.tokens_reasoning,
        )
        return AblationCall(
            owner=self.run.owner,
            run_id=self.run.id,
            trace_id=self.run.trace_id,
            step=self.plan.steps.index(step),
            mask=format(mask, "x"),
            sample=sample,
            answer=json.dumps(said, ensure_ascii=False),
            finish_reason=completion.finish_reason,
            model=completion.model,
            tokens_in=completion.tokens_in,
            tokens_out=completion.tokens_out,
            tokens_cached=completion.tokens_cached,
            cost=cost,
            cost_source=source or "unpriced",
            duration_ms=completion.duration_ms,
            at_ns=time.time_ns(),
        )

    def _count(self, call: AblationCall) -> None:
        self._tokens[0] += call.tokens_in or 0
        self._tokens[1] += call.tokens_out or 0
        self._costs.append((call.cost, call.cost_source))

    async def _put(self, **changed: Any) -> None:
        self._stored_at = time.monotonic()
        self.run = self.run._replace(
            **changed, revision=self.run.revision + 1, updated_ns=time.time_ns()
        )
        self.run = self.run._replace(progress=json.dumps(self.progress()))
        await asyncio.to_thread(self._tools.store.put_run, self.run)
        self._tools.tell(self.run, self.progress())

    async def _tell_root(self, state: str, end_ns: int | None) -> None:
        root = self._trace.root(self.plan.target, self.run.started_ns or 0, end_ns, state)
        await self._tools.export(self.run.owner, root)
