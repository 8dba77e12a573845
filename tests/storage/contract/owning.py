"""What one owner's data is to another: nothing, also under the same ids."""

from __future__ import annotations

from pathlib import Path

import pytest

from audittrail.storage import ApiKey, Store, TraceQuery, User
from tests.storage.contract.base import OpensStores, spans_of, trace_of, traces_of
from tests.support.facts import batch, fact

_OWNERS = ("ada", "bob")


class OwningContract(OpensStores):
    """Owners that use the same ids of traces, spans, settings and keys."""

    def _filled(self, store: Store) -> None:
        """Both owners have the trace "t" with a span "s" and a log record, one after the other and
        then once more, so that neither's rows lie beside each other."""
        for turn in range(2):
            for owner in _OWNERS:
                name = f"{owner}'s {turn}"
                span = fact("t", f"s{turn}", name=name, session_id="one", model=f"{owner}-model")
                log = {"trace_id": "t", "span_id": f"s{turn}", "body": f"log of {name}"}
                own = fact(f"only {owner}'s", "s", name=name)
                store.writer.append(batch(owner, span, own, logs=[log])).result(30)

    def _seen(self, store: Store, owner: str) -> None:
        assert {each["name"] for each in spans_of(store, owner)} == {f"{owner}'s 0", f"{owner}'s 1"}
        assert sorted(traces_of(store, owner)) == sorted([f"only {owner}'s", "t"])
        known = trace_of(store, owner)
        assert known is not None
        assert known["span_count"] == 2
        with store.read(owner) as reader:
            bodies = {row["body"] for row in reader.list_logs("t")}
            assert bodies == {f"log of {owner}'s 0", f"log of {owner}'s 1"}
            assert [row["name"] for row in reader.span_versions("t", "s0")] == [f"{owner}'s 0"]
            assert {row["model"] for row in reader.models_used()} == {f"{owner}-model"}
            (other,) = set(_OWNERS) - {owner}
            assert reader.get_trace(f"only {other}'s") is None
            assert reader.list_traces(TraceQuery(text=f"{other}'s")).rows == []
            assert len(reader.list_traces(TraceQuery(text=f"{owner}'s")).rows) == 2

    def test_the_same_ids_are_two_traces(self, store: Store) -> None:
        """Each owner sees the own spans, log records, models and sums of a trace whose ids both
        use, and finds no words of the other's."""
        self._filled(store)
        for owner in _OWNERS:
            self._seen(store, owner)

    def test_after_a_restart_too(self, tmp_path: Path) -> None:
        """Summaries that were folded into the table of traces are still their owner's alone."""
        first = self.open_store(tmp_path)
        self._filled(first)
        first.close()
        again = self.open_store(tmp_path)
        for owner in _OWNERS:
            self._seen(again, owner)
        again.close()

    @pytest.mark.parametrize("restarted", [False, True], ids=["at once", "after a restart"])
    def test_deleting_is_for_oneself(self, tmp_path: Path, restarted: bool) -> None:
        """A trace that one owner deletes stays with the other, whole, under the same id."""
        store = self.open_store(tmp_path)
        self._filled(store)
        if restarted:
            store.close()
            store = self.open_store(tmp_path)
        assert store.writer.delete_trace("ada", "t").result(30)
        assert trace_of(store, "ada") is None
        assert spans_of(store, "ada") == []
        self._seen(store, "bob")
        assert store.maintenance.check().problems == []
        store.close()

    def test_settings_and_keys(self, store: Store) -> None:
        """A setting, and the right to delete a key, are the owner's; so is the list of keys."""
        for owner in _OWNERS:
            store.accounts.add_user(User(owner, f"{owner}@example.com", "!", 1))
            store.accounts.add_key(
                ApiKey(f"k-{owner}", owner, "key", ["read"], "sk-at-", f"hash {owner}", 1, None)
            )
            store.accounts.set_setting(owner, "kept_days", owner)
        assert store.accounts.setting("ada", "kept_days") == "ada"
        assert store.accounts.setting("eve", "kept_days") is None
        assert not store.accounts.delete_key("ada", "k-bob")
        assert [key.id for key in store.accounts.list_keys("bob")] == ["k-bob"]
        store.accounts.set_setting("bob", "kept_days", None)
        assert store.accounts.setting("ada", "kept_days") == "ada"
