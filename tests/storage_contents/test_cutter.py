"""Whatever is cut is joined to the same bytes."""

from __future__ import annotations

import itertools
import json
import random
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audittrail.storage.contents.cutter import Cutter
from audittrail.storage.contents.known import Known, Part
from audittrail.storage.contents.recipe import MARK, NESTED, TEXT, decode
from tests.storage_contents.store import LONGEST, MemoryStore

SNIPPETS: Final = [
    *("},{", "}, {", "} , {", "},\n    {", "}]", "}\n]", "}", ",", '"', '\\"', " " * 50),
    *(',"llm.input_messages.3.x":', ',"a.0.b":1', ',"c":2', '{"a.1.', ",", '","', "[{", "[[", "{"),
    *("é", "漢", "😀", "\n", "\x00", MARK, f'{MARK}1|5||["","",null]', "|", "a", "\u2028", "\x7f"),
    *("b" * 300, "x" * 9000, "漢" * 4000, "😀" * 2500, "},{" * 700, ',"k.0.' * 300, "} " * 99),
]

TEXTS = st.lists(st.sampled_from(SNIPPETS) | st.text(max_size=200), max_size=25).map("".join)

# How each text comes of the one before: cut off at a share of it, and with another text put there.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["one", "two"]),
        st.integers(0, 2),
        st.sampled_from(["append", "insert", "front", "anew", "again", "clear"]),
        st.floats(0, 1),
        TEXTS,
    ),
    min_size=1,
    max_size=12,
)


def mutated(text: str, how: str, share: float, other: str) -> str:
    at = int(len(text) * share)
    return {
        "append": text[:at] + other,
        "insert": text[:at] + other + text[at:],
        "front": other + text[at:],
        "anew": other,
    }.get(how, text)[:60_000]


@given(steps=STEPS, limit=st.sampled_from([0, 2000, 20_000, 64 << 20]))
def test_every_text_is_exact(steps: list[tuple[str, int, str, float, str]], limit: int) -> None:
    """Odd texts, made from each other, for two owners and three series each, with much, little or
    no memory: each is read back as it was, from parts of at most 8,000 bytes that belong to its
    owner; after clear() no part from before is used."""
    store = MemoryStore(limit)
    text = ""
    cleared_at = 0
    cells: list[tuple[str, str, str]] = []
    for owner, series, how, share, other in steps:
        if how == "clear":
            store.known.clear()
            cleared_at = store.take_id()
        text = mutated(text, how, share, other)
        cut = store.put(owner, text, series)
        assert all(part_id > cleared_at for part_id in cut.ids)
        assert store.known.size <= limit
        recipe = decode(cut.cell)
        assert recipe.length == len(text.encode())
        cells.append((owner, cut.cell, text))
    for owner, cell, expected in cells:
        assert store.read(owner, cell) == expected
    assert not set(store.parts.get("one", {})) & set(store.parts.get("two", {}))


@given(TEXTS, TEXTS)
def test_a_lead_is_the_text_in_front(first: str, second: str) -> None:
    """A new part's lead is up to 200 characters that precede it; parts at a place of the format
    have none."""
    store = MemoryStore()
    for text in (first, first + second, second + first):
        cut = store.put("owner", text, "series")
        recipe = decode(cut.cell)
        before = ""
        for code in recipe.codes if recipe.kind == TEXT else ():
            before += recipe.glue if code & 1 else ""
            lead = store.leads[code >> 1]
            assert lead is None or (before.endswith(lead) and 0 < len(lead) <= 200)
            before += store.parts["owner"][code >> 1]


def test_a_part_without_lead_is_not_used_within_a_sentence() -> None:
    """A part that was stored at a place of the format, and now follows the same text without a
    separator, is stored again with its lead."""
    first, second = (f'"m.{number}.x":"{"word " * 100}"' for number in range(2))
    store = MemoryStore()
    apart = store.put("owner", f"{{{first},{second}" + "}" * 99, "apart")
    together = store.put("owner", f"{{{first}{second}" + "}" * 99, "together")
    assert [part.lead for part in apart.new] == [None, None]
    assert len(together.ids) == 2
    assert [part.lead for part in together.new] == [f"{{{first}"[-200:]]


def test_followers_spare_the_search() -> None:
    """A text that was cut before, in whichever series, is recognised part by part."""

    class Counting(Known):
        found = 0

        def find(self, owner: str, lead: bytes | None, text: bytes) -> Part | None:
            self.found += 1
            return super().find(owner, lead, text)

    known = Counting()
    cutter = Cutter(known, itertools.count(1).__next__)
    text = json.dumps([{"role": "user", "content": f"{number} " * 200} for number in range(50)])
    parts = len(cutter.cut("owner", text, "one").new)
    assert known.found == parts == 50
    assert cutter.cut("owner", text, "two").new == []
    assert known.found == parts


def test_a_phrase_across_a_cut_is_found() -> None:
    """Every 100 characters of prose lie within some part behind its lead."""
    choice = random.Random(3)
    text = " ".join(choice.choices(["wörd", "other", "thing", "agent", "漢字"], k=9000))
    store = MemoryStore()
    cut = store.put("owner", text, "series")
    assert len(cut.new) > 5
    searched = [(part.lead or "") + part.text for part in cut.new]
    for at in range(0, len(text) - 164, 37):
        assert any(text[at : at + 100] in each for each in searched)


def test_long_recipes_are_cut() -> None:
    """A text of very many known parts in no order has a recipe in parts, and tells as much of
    itself as any other."""
    choice = random.Random(5)
    objects = [f'{{"id":{number},"text":"{choice.randbytes(80).hex()}"}}' for number in range(300)]
    store = MemoryStore()
    for trace in range(3):
        items = choice.choices(objects, k=9000)
        text = "[" + ",".join(items) + "]"
        cut = store.put("owner", text, trace)
        assert store.read("owner", cut.cell) == text
        recipe = decode(cut.cell)
        assert (recipe.kind, recipe.length, recipe.count) == (NESTED, len(text), 9000)
        assert len(cut.ids) > 300
    text = f'{{"model":"gpt","input":{text}}}'
    assert decode(store.put("owner", text, "object").cell).head == '{"model":"gpt"}'


def test_a_short_text_that_looks_like_a_recipe() -> None:
    """It becomes a recipe without parts, so it is never taken for one."""
    store = MemoryStore()
    text = f'{MARK}1|5||["","",null]'
    cut = store.put("owner", text, "series")
    assert cut.new == []
    assert store.read("owner", cut.cell) == text


class _Mistaken(Known):
    """Gives another part than the one asked for, or breaks."""

    def __init__(self, breaks: bool) -> None:
        super().__init__()
        self.breaks = breaks
        self.asked = 0

    def find(self, owner: str, lead: bytes | None, text: bytes) -> Part | None:
        self.asked += 1
        if self.asked != 2:
            return super().find(owner, lead, text)
        if self.breaks:
            raise IndexError("broken")
        return Part(owner, 1, None, text[:-1] + b"?")


@pytest.mark.parametrize("breaks", [True, False])
def test_an_error_of_the_cutter_costs_space_only(breaks: bool) -> None:
    """If the parts do not join to the text it is cut into plain pieces, and this is logged."""
    store = MemoryStore()
    store.known = _Mistaken(breaks)
    store.cutter._known = store.known
    text = "漢字 and other words " * 3000
    store.expected_logs = ["text cut into plain pieces"]
    cut = store.put("owner", text, "series")
    assert store.read("owner", cut.cell) == text
    assert [len(part.text.encode()) > LONGEST - 4 for part in cut.new[:-1]].count(False) == 0
    store.expected_logs = []
    assert store.read("owner", store.put("owner", text, "series").cell) == text


def test_ids_may_have_gaps() -> None:
    """The sequence of ids serves others as well."""
    store = MemoryStore()
    ids = itertools.count(10**12, 977)
    store.cutter._take_id = lambda: next(ids)
    text = random.Random(1).randbytes(200_000).hex()
    cut = store.put("owner", text, "series")
    assert store.read("owner", cut.cell) == text
    assert cut.ids == [part.id for part in cut.new]
    assert len(cut.cell) < 100
