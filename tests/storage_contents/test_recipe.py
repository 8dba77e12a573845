"""The cell of a long text is read as it was written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audittrail.storage.contents.recipe import (
    MARK,
    NESTED,
    TEXT,
    Recipe,
    decode,
    is_recipe,
    join,
    needs_cutting,
    part_ids,
    rebuild,
)

CODES = st.lists(
    st.one_of(
        st.lists(st.integers(2, 2**64), max_size=5),
        st.builds(
            lambda start, step, number: list(range(start, start + step * number, step)),
            st.integers(2, 10**6),
            st.integers(1, 3),
            st.integers(0, 50),
        ),
        st.builds(lambda code, number: [code] * number, st.integers(2, 99), st.integers(0, 50)),
    ),
    max_size=6,
).map(lambda runs: tuple(code for run in runs for code in run))

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def recipe(codes: tuple[int, ...] = (), **fields: Any) -> Recipe:
    standard = {"kind": TEXT, "length": 9999, "count": None, "glue": "", "tail": "", "head": ""}
    return Recipe(**{**standard, **fields}, codes=codes)


@given(
    kind=st.sampled_from([TEXT, NESTED]),
    count=st.none() | st.integers(0, 10**9),
    glue=WORDS,
    codes=CODES,
    tail=WORDS,
    head=WORDS,
)
def test_round_trip(
    kind: str, count: int | None, glue: str, codes: tuple[int, ...], tail: str, head: str
) -> None:
    """Any recipe is decoded as it was encoded, and marked as one."""
    written = recipe(codes, kind=kind, count=count, glue=glue, tail=tail, head=head)
    assert decode(written.encode()) == written
    assert is_recipe(written.encode())
    assert part_ids(written) == list(dict.fromkeys(code // 2 for code in codes))


def test_layout() -> None:
    """The form that SQL relies on: differences of doubled ids, runs of equal ones as n*d."""
    written = recipe((20, 23, 25, 27, 29, 8, 8), count=7, glue=", ", tail='"|]', head='{"a":1}')
    assert written.encode() == '\x1d1|9999|7|20,3,3*2,-21,0|[", ","\\"|]",{"a":1}]'


def test_sql_finds_the_ids() -> None:
    """The fourth field is that of the ids, whatever the fields after it hold."""
    cell = recipe((20, 23), glue="|", tail="||", head='{"|":"|"}').encode()
    with duckdb.connect() as connection:
        found = connection.execute("SELECT string_split(?, '|')[4]", [cell]).fetchone()
    assert found == ("20,3",)


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "text",
        MARK,
        f"{MARK}1|5||",
        f'{MARK}3|5|||""|""|',
        f'{MARK}1|five|||""|""|',
        f'{MARK}1|5||x|""|""|',
        f'{MARK}1|5||2,,2|""|""|',
        f'{MARK}1|5||99999999999*2|""|""|',
        f'{MARK}1|5||-2*2|""|""|',
        f'{MARK}1|5|||""""|',
        f'{MARK}1|5|||""|""',
        f'{MARK}1|5|||1|""|',
        f'{MARK}1|5|||""|"',
        '|5|||""|""|',
    ],
)
def test_anything_else_is_refused(cell: str) -> None:
    """A cell that is no recipe is an error at once, and takes no memory."""
    with pytest.raises(ValueError, match=r"."):
        decode(cell)


def test_join() -> None:
    """Glue stands in front of the parts that are marked, and the tail at the end."""
    made = recipe((2, 5, 3, 4), glue=", ", tail="]")
    assert join(made, {1: "[a", 2: "b"}) == "[a, b, [ab]"


def test_join_needs_every_part() -> None:
    """A part that is missing is an error, not a shorter text."""
    with pytest.raises(KeyError):
        join(recipe((2, 4)), {1: "a"})


def test_rebuild_loads_once_a_level() -> None:
    """Cells of all kinds are rebuilt in order; each level of nested recipes takes one load."""
    plain = recipe((2, 4), tail="!").encode()
    inner = recipe((6, 6)).encode()
    middle = recipe((8,), kind=NESTED).encode()
    outer = recipe((10,), kind=NESTED).encode()
    texts = {1: "a", 2: "b", 3: "c", 4: inner, 5: middle}
    loads: list[set[int]] = []

    def load(ids: Collection[int]) -> Mapping[int, str]:
        loads.append(set(ids))
        return {part_id: texts[part_id] for part_id in ids}

    cells = ["short", None, plain, outer, plain, middle, ""]
    assert rebuild(cells, load) == ["short", None, "ab!", "cc", "ab!", "cc", ""]
    assert loads == [{1, 2, 4, 5}, {3, 4}, {3}]


def test_rebuild_loads_nothing_for_texts() -> None:
    """Cells that are the text itself need no query."""
    assert rebuild(["a", None], pytest.fail) == ["a", None]
    assert rebuild([recipe(tail=MARK).encode()], pytest.fail) == [MARK]


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("", False),
        ("a" * 4095, False),
        ("a" * 4096, True),
        ("é" * 2047, False),
        ("é" * 2048, True),
        ("😀" * 1023 + "aaa", False),
        ("😀" * 1024, True),
        (MARK, True),
        ("a" + MARK, False),
    ],
)
def test_needs_cutting(text: str, needed: bool) -> None:
    """From 4,096 bytes on, and whatever could be taken for a recipe."""
    assert needs_cutting(text) is needed
