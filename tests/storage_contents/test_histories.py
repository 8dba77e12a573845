"""A history that is sent again and again is stored about once."""

from __future__ import annotations

from typing import Final

import pytest

from tests.storage_contents.histories import MESSAGE, histories
from tests.storage_contents.store import MemoryStore

# Stored bytes of what was sent once; a message with cache_control is another one without it.
MOST: Final = {"cache_control moved": 1.6}
MOST_USUALLY: Final = 1.15

FORMS: Final = list(next(histories(1)))


@pytest.mark.parametrize("turns", [10, 50])
@pytest.mark.parametrize("form", FORMS)
def test_history_is_stored_once(form: str, turns: int) -> None:
    """The bytes of all parts are at most 1.15 times those of the messages, in every form; each
    text is exact, and its recipe short."""
    store = MemoryStore()
    for texts in histories(turns):
        cut = store.put("owner", texts[form], ("trace", "input"))
        assert store.read("owner", cut.cell) == texts[form]
        assert len(cut.cell) < 3000
    assert store.stored <= MOST.get(form, MOST_USUALLY) * 2 * turns * MESSAGE


@pytest.mark.parametrize("form", FORMS)
def test_other_traces_share_it(form: str) -> None:
    """The same history in another trace adds no more than the parts that differ."""
    store = MemoryStore()
    for trace in range(3):
        for texts in histories(10):
            cut = store.put("owner", texts[form], (trace, "input"))
            assert store.read("owner", cut.cell) == texts[form]
    assert store.stored <= MOST.get(form, MOST_USUALLY) * 2 * 10 * MESSAGE


@pytest.mark.parametrize("form", FORMS)
def test_another_owner_shares_nothing(form: str) -> None:
    """Each owner has all of the parts under ids of his own."""
    store = MemoryStore()
    for texts in histories(5):
        for owner in ("one", "another"):
            cut = store.put(owner, texts[form], "same series")
            assert store.read(owner, cut.cell) == texts[form]
    one, another = store.parts["one"], store.parts["another"]
    assert not set(one) & set(another)
    assert list(one.values()) == list(another.values())


def test_added_ids_are_those_of_new_messages() -> None:
    """A trace's last text needed all other parts already, so that uses are stored about once."""
    store = MemoryStore()
    added = [
        len(store.put("owner", texts["openinference"], "trace").added) for texts in histories(30)
    ]
    assert max(added[1:]) <= 4


def test_little_memory_costs_duplicates_only() -> None:
    """With too little memory for four histories at once every text is still exact."""
    store = MemoryStore(limit=60_000)
    for texts in histories(20):
        for trace in range(4):
            cut = store.put("owner", texts["spaced"], trace)
            assert store.read("owner", cut.cell) == texts["spaced"]
    assert store.known.size <= 60_000
