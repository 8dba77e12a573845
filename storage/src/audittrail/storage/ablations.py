"""Ablation runs, and the calls of models that they made."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

__all__ = ["UNFINISHED", "AblationCall", "AblationRun", "AblationStore"]

UNFINISHED = ("queued", "running")
"""The states of a run that goes on; the others are ``complete``, ``cancelled`` and ``failed``."""


class AblationRun(NamedTuple):
    """One revision of a run. ``request``, ``plan``, ``progress`` and ``result`` are JSON;
    ``calls_trace_id`` is the trace in which the run's own calls are recorded. The first revision
    of a run is 1."""

    owner: str
    id: str
    trace_id: str
    revision: int
    state: str
    created_ns: int
    updated_ns: int
    started_ns: int | None
    ended_ns: int | None
    calls_trace_id: str | None
    request: str
    plan: str
    progress: str
    result: str | None
    error: str | None


class AblationCall(NamedTuple):
    """One answer of a model. ``mask`` is hexadecimal, bit i is the i-th source of the step (there
    may be more than 64); ``sample`` numbers the calls of one mask; ``answer`` is JSON."""

    owner: str
    run_id: str
    trace_id: str
    step: int
    mask: str
    sample: int
    answer: str
    finish_reason: str | None
    model: str | None
    tokens_in: int | None
    tokens_out: int | None
    tokens_cached: int | None
    cost: float | None
    cost_source: str | None
    duration_ms: float | None
    at_ns: int


class AblationStore(Protocol):
    """Every change is durable when its call returns. A run belongs to one trace of one owner; what
    is deleted stays so: nothing more is stored of it, whoever still works on it."""

    def put_run(self, run: AblationRun) -> bool:
        """Append a revision; the highest one is the state of the run. One that is not unfinished
        ends it: lower ones are then removed. False, and nothing is stored, if it is a later
        revision of a run that is not here, because it was deleted."""
        ...

    def add_calls(self, calls: Sequence[AblationCall]) -> None:
        """Append; those of runs that are not here are left out."""
        ...

    def get_run(self, owner: str, trace_id: str, run_id: str) -> AblationRun | None: ...

    def list_runs(self, owner: str, trace_id: str, limit: int) -> Sequence[AblationRun]:
        """The state of each, the newest created first."""
        ...

    def list_calls(self, owner: str, run_id: str) -> Sequence[AblationCall]:
        """In the order in which they were stored."""
        ...

    def unfinished(self) -> Sequence[AblationRun]:
        """Everybody's runs that are queued or running, the oldest first."""
        ...

    def delete_run(self, owner: str, trace_id: str, run_id: str) -> bool:
        """With its calls; False if the owner's trace has no such run."""
        ...

    def calls_traces(self, owner: str, trace_ids: Collection[str]) -> set[str]:
        """The traces in which the calls of these traces' runs are recorded."""
        ...
