"""What is known of stored parts stays small, and apart for each owner."""

from __future__ import annotations

import base64
import gc
import random
import tracemalloc
from typing import Final

import pytest

from audittrail.storage.contents.known import Known, Part, Series
from tests.storage_contents.store import MemoryStore

LIMIT: Final = 2 << 20


def series(text: bytes) -> Series:
    return Series(text, [2], b",", False, 1)


def test_least_recently_used_is_forgotten() -> None:
    """A part that is looked up stays, and the others go in the order of their last use."""
    known = Known(limit=10 * (1000 + 600))
    for part_id in range(1, 30):
        known.add(Part("owner", part_id, None, b"%1000d" % part_id))
        assert known.part("owner", 1) is not None
    kept = [part_id for part_id in range(1, 30) if known.part("owner", part_id)]
    assert kept == [1, *range(30 - len(kept) + 1, 30)]
    assert known.find("owner", None, b"%1000d" % 2) is None
    assert known.find("owner", None, b"%1000d" % 29) is known.part("owner", 29)


def test_owners_are_apart() -> None:
    """Nobody is given a part, a beginning or a series of somebody else."""
    known = Known()
    known.add(Part("one", 1, None, b"text"))
    known.set_first_part("one", b"text", 1)
    known.set_series("one", "name", series(b"text"))
    assert known.part("one", 1)
    assert known.find("one", None, b"text")
    assert known.first_part("one", b"text")
    assert known.series("one", "name")
    assert known.part("two", 1) is None
    assert known.find("two", None, b"text") is None
    assert known.first_part("two", b"text") is None
    assert known.series("two", "name") is None


def test_a_lead_belongs_to_its_part() -> None:
    """The same text behind another one is another part: a search in its lead finds the truth."""
    known = Known()
    known.add(Part("owner", 1, b"before", b"text"))
    assert known.find("owner", b"before", b"text")
    assert known.find("owner", None, b"text") is None
    assert known.find("owner", b"other", b"text") is None


def test_a_series_named_like_a_beginning_is_none() -> None:
    """Names of series may be of any kind, bytes too."""
    known = Known()
    known.set_first_part("owner", b"text", 1)
    assert known.series("owner", b"text") is None


def test_long_series_are_not_kept() -> None:
    """Nor do they push out the one before, which is still the beginning of the next."""
    known = Known(limit=80_000)
    known.set_series("owner", "name", series(b"a" * 5000))
    known.set_series("owner", "name", series(b"a" * 10_000))
    kept = known.series("owner", "name")
    assert kept is not None
    assert len(kept.text) == 5000


def test_one_text_leaves_others_their_share() -> None:
    """A text of many times the limit does not push out what was used lately."""
    store = MemoryStore(LIMIT)
    text = base64.b64encode(random.Random(1).randbytes(100_000)).decode()
    store.put("owner", text, "small")
    store.put("owner", base64.b64encode(random.Random(2).randbytes(3 * LIMIT)).decode(), "large")
    assert store.put("owner", text, "small again").new == []


def test_cleared_memory_knows_nothing() -> None:
    """After clear() the same text gets new ids, and all of them count as added."""
    store = MemoryStore()
    text = base64.b64encode(random.Random(1).randbytes(50_000)).decode()
    first = store.put("owner", text, "series")
    assert store.put("owner", text, "series").ids == first.ids
    store.known.clear()
    assert store.known.size == 0
    again = store.put("owner", text, "series")
    assert not set(again.ids) & set(first.ids)
    assert again.added == again.ids


@pytest.mark.parametrize("kind", ["long parts", "short parts", "series", "beginnings"])
def test_memory_stays_under_the_limit(kind: str) -> None:
    """The limit holds for the memory that Python takes, whatever the texts are like."""
    choice = random.Random(1)
    make = {
        "long parts": lambda: choice.randbytes(30_000).hex(),
        "short parts": lambda: '},{"a":'.join(choice.randbytes(62).hex() for _ in range(200)),
        "series": lambda: choice.randbytes(2048).hex() + "é",
        "beginnings": lambda: choice.randbytes(50).hex(),
    }[kind]
    store = MemoryStore(LIMIT)
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(12_000 if kind == "beginnings" else 5 * LIMIT // len(make())):
            store.cutter.cut("owner", make(), number)
            assert store.known.size <= LIMIT
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert LIMIT * 0.4 < after - before < LIMIT * 1.1
