"""What a store owes who re-runs recorded calls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audittrail.storage import AblationCall, AblationRun, Store
from tests.storage.contract.base import OpensStores, trace_of
from tests.support.facts import batch, fact


def run(**fields: Any) -> AblationRun:
    """The first revision of a run, with nothing done yet."""
    first = AblationRun(
        "ada", "abl_1", "t", 1, "queued", 10, 10, None, None, None, "{}", '{"steps": []}',
        '{"calls": 0}', None, None,
    )  # fmt: skip
    return first._replace(**fields)


def call(**fields: Any) -> AblationCall:
    """An answer with everything that an answer can have."""
    made = AblationCall(
        "ada", "abl_1", "t", 0, "3f", 0, '{"text": "ü\\u0000"}', "stop", "gpt-4o", 10, 5, 2, 0.5,
        "estimated", 12.5, 100,
    )  # fmt: skip
    return made._replace(**fields)


class AblatingContract(OpensStores):
    """Ablation runs and their calls."""

    def test_the_highest_revision_is_the_state(self, store: Store) -> None:
        """In whatever order revisions are stored."""
        runs = store.ablations
        assert runs.get_run("ada", "t", "abl_1") is None
        newest = run(revision=3, state="running", started_ns=11, progress='{"calls": 2}')
        for each in (run(), newest, run(revision=2, state="running")):
            assert runs.put_run(each)
        assert runs.get_run("ada", "t", "abl_1") == newest
        assert runs.list_runs("ada", "t", 10) == [newest]

    def test_the_end_of_a_run_is_kept_alone(self, store: Store) -> None:
        """What ends it is its state for good: an earlier revision that comes late changes nothing,
        and a run that ended stays whole."""
        runs = store.ablations
        done = run(
            revision=3, state="complete", started_ns=11, ended_ns=20, calls_trace_id="c",
            result='{"phi": [1]}',
        )  # fmt: skip
        for each in (run(), run(revision=2, state="running", calls_trace_id="c"), done):
            assert runs.put_run(each)
        assert runs.put_run(run(revision=2, state="running"))
        assert runs.get_run("ada", "t", "abl_1") == done
        assert runs.unfinished() == []

    def test_runs_are_listed_by_age(self, store: Store) -> None:
        """Those of one trace, the newest first and so many; those that go on, the oldest first."""
        runs = store.ablations
        for number, state in enumerate(["running", "failed", "queued", "cancelled", "complete"]):
            assert runs.put_run(run(id=f"abl_{number}", created_ns=number, state=state))
        assert runs.put_run(run(id="abl_9", trace_id="u", created_ns=-1))
        assert runs.put_run(run(id="abl_8", trace_id="u", created_ns=9, owner="bob"))
        listed = [each.id for each in runs.list_runs("ada", "t", 3)]
        assert listed == ["abl_4", "abl_3", "abl_2"]
        assert [each.id for each in runs.unfinished()] == ["abl_9", "abl_0", "abl_2", "abl_8"]

    def test_calls_come_back_in_order(self, tmp_path: Path) -> None:
        """As they were stored, over many changes and after the file was opened again, with masks
        of more than 64 sources and with what an answer lacks."""
        store = self.open_store(tmp_path)
        assert store.ablations.put_run(run())
        wide = call(mask=f"{1 << 200:x}", sample=4, at_ns=1)
        bare = call(
            answer="", finish_reason=None, model=None, tokens_in=None, tokens_out=None,
            tokens_cached=None, cost=None, cost_source=None, duration_ms=None, at_ns=50,
        )  # fmt: skip
        many = [call(step=2, sample=number, at_ns=7) for number in range(30)]
        store.ablations.add_calls([])
        store.ablations.add_calls([call(), wide])
        store.ablations.add_calls([bare])
        store.close()
        store = self.open_store(tmp_path)
        store.ablations.add_calls(many)
        assert store.ablations.list_calls("ada", "abl_1") == [call(), wide, bare, *many]
        assert store.ablations.get_run("ada", "t", "abl_1") == run()
        store.close()

    def test_the_traces_of_calls(self, store: Store) -> None:
        """Of the runs of these traces, where any is known."""
        runs = store.ablations
        assert runs.put_run(run(calls_trace_id="c1"))
        assert runs.put_run(run(id="abl_2", trace_id="u", calls_trace_id="c2"))
        assert runs.put_run(run(id="abl_3", trace_id="v", calls_trace_id="c3"))
        assert runs.put_run(run(id="abl_4"))
        assert runs.put_run(run(id="abl_1", owner="bob", calls_trace_id="bobs"))
        assert runs.calls_traces("ada", ["t", "u", "w"]) == {"c1", "c2"}
        assert runs.calls_traces("ada", []) == set()

    def test_runs_are_their_owners_alone(self, store: Store) -> None:
        """Another owner with the same ids sees and deletes the own ones only, and so does another
        trace of the same owner."""
        runs = store.ablations
        hers, his = run(plan='{"whose": "ada"}'), run(owner="bob", plan='{"whose": "bob"}')
        for each in (hers, his):
            assert runs.put_run(each)
            runs.add_calls([call(owner=each.owner, answer=each.plan)])
        for owner, trace_id in (("eve", "t"), ("ada", "u")):
            assert runs.get_run(owner, trace_id, "abl_1") is None
            assert runs.list_runs(owner, trace_id, 10) == []
            assert not runs.delete_run(owner, trace_id, "abl_1")
        assert runs.list_calls("eve", "abl_1") == []
        assert runs.put_run(his._replace(revision=2, state="failed", error="it broke"))
        assert runs.delete_run("bob", "t", "abl_1")
        assert not runs.delete_run("bob", "t", "abl_1")
        assert runs.list_calls("bob", "abl_1") == []
        assert runs.get_run("ada", "t", "abl_1") == hers
        assert [each.answer for each in runs.list_calls("ada", "abl_1")] == [hers.plan]

    @pytest.mark.parametrize("whole", [True, False], ids=["with its trace", "alone"])
    def test_what_is_deleted_stays_deleted(self, store: Store, whole: bool) -> None:
        """Runs and calls go with their trace, or a run alone; what still works on one can store
        nothing more of it. Other traces and owners keep theirs."""
        runs = store.ablations
        store.writer.append(batch("ada", fact("t", "s"), fact("u", "s"))).result(30)
        store.writer.append(batch("bob", fact("t", "s"))).result(30)
        others = [run(id="abl_2", trace_id="u"), run(owner="bob")]
        for each in (run(), *others):
            assert runs.put_run(each)
            runs.add_calls([call(owner=each.owner, run_id=each.id, trace_id=each.trace_id)])
        if whole:
            assert store.writer.delete_trace("ada", "t").result(30)
        else:
            assert runs.delete_run("ada", "t", "abl_1")
        assert not runs.put_run(run(revision=2, state="complete"))
        runs.add_calls([call(), call(owner="bob", sample=1)])
        assert runs.get_run("ada", "t", "abl_1") is None
        assert runs.list_calls("ada", "abl_1") == []
        assert runs.unfinished() == others
        assert [len(runs.list_calls(each.owner, each.id)) for each in others] == [1, 2]
        assert (trace_of(store, "ada") is None) is whole
        assert store.maintenance.check().problems == []
