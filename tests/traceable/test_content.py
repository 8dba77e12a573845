"""Any value becomes text: bounded, valid as JSON and as UTF-8, without an exception."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import decimal
import enum
import json
import pathlib
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from audittrail.content import LIMIT, shorten, to_json, to_plain


class Point(NamedTuple):
    x: int
    y: int


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Text(str):
    """A subclass that answers for itself."""

    def __str__(self) -> str:
        raise AssertionError


@dataclasses.dataclass
class Order:
    id: int
    parts: list[Any]
    secret: str = dataclasses.field(default="hidden", repr=False)


class Answer(BaseModel):
    text: str
    at: dt.datetime
    key: SecretStr = SecretStr("sk-1")


class Alike:
    """Has the method that pydantic's models have."""

    def model_dump(self) -> dict[str, int]:
        return {"n": 1}


class Plain:
    pass


class Mute:
    def __repr__(self) -> str:
        raise RuntimeError("no")


class Liar:
    @property
    def __class__(self) -> Any:
        raise RuntimeError("no")

    def __repr__(self) -> str:
        raise RuntimeError("no")


class Endless(Mapping[int, int]):
    def __getitem__(self, key: int) -> int:
        return key

    def __iter__(self) -> Iterator[int]:
        number = 0
        while True:
            yield (number := number + 1)

    def __len__(self) -> int:
        raise RuntimeError("no")


MOMENT = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("text", "text"),
        (None, None),
        (True, True),
        (7, 7),
        (1.5, 1.5),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        (2**63, str(2**63)),
        (10**5000, "[integer of 16,610 bits]"),
        (b"abc\n", "abc\n"),
        (b"\x89PNG", "[4 bytes: 89504e47]"),
        (bytes(99), f"[99 bytes: {'00' * 32}…]"),
        (memoryview(b"abc"), "abc"),
        (MOMENT, "2026-01-31T12:00:00+00:00"),
        (MOMENT.date(), "2026-01-31"),
        (dt.timedelta(seconds=90), "0:01:30"),
        (decimal.Decimal("1.10"), "1.10"),
        (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        (pathlib.PurePosixPath("/a/b"), "/a/b"),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        (Text("own"), "own"),
        (ValueError("bad"), "ValueError: bad"),
        (Point(1, 2), {"x": 1, "y": 2}),
        ({3, 1, 2}, [1, 2, 3]),
        ({"a": 1}.keys(), ["a"]),
        (collections.deque([1]), [1]),
        (range(3), [0, 1, 2]),
        (
            {1: "a", "1": "b", (1, 2): "c", None: "d"},
            {"1": "a", "1'": "b", "[1, 2]": "c", "null": "d"},
        ),
        (Order(1, [Point(1, 2)]), {"id": 1, "parts": [{"x": 1, "y": 2}]}),
        (
            Answer(text="hi", at=MOMENT),
            {"text": "hi", "at": "2026-01-31T12:00:00+00:00", "key": "SecretStr('**********')"},
        ),
        (
            Answer.model_construct(text=5, at=None),
            {"text": 5, "at": None, "key": "SecretStr('**********')"},
        ),
        (Alike(), {"n": 1}),
        (np.float32(1.5), 1.5),
        (np.int64(3), 3),
        (np.array([[1, 2]]), [[1, 2]]),
        (np.zeros((99, 9)), {"type": "ndarray", "shape": [99, 9], "dtype": "float64"}),
        (Plain(), "<tests.traceable.test_content.Plain object>"),
        (Mute(), "[Mute: cannot be shown]"),
        (Liar(), "[Liar: cannot be shown]"),
        ([Mute(), 1], ["[Mute: cannot be shown]", 1]),
        ("half a pair \ud83d", "half a pair \\ud83d"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values(value: Any, plain: Any) -> None:
    """What each kind of value looks like."""
    assert to_plain(value) == plain
    assert to_json(value) == (plain if isinstance(plain, str) else json.dumps(plain))


def test_generators_are_not_consumed() -> None:
    """Whoever passes one on still gets its items."""
    numbers = (number for number in range(3))
    assert to_plain([numbers]) == [
        "<generator object test_generators_are_not_consumed.<locals>.<genexpr>>"
    ]
    assert list(numbers) == [0, 1, 2]


def test_cycles() -> None:
    """A value inside of itself is marked; the same value twice side by side is not."""
    loop: dict[str, Any] = {}
    loop["self"] = [loop]
    assert to_plain(loop) == {"self": ["[circular reference]"]}
    shared = [1]
    assert to_plain([shared, shared]) == [[1], [1]]


def test_depth() -> None:
    """What is nested without end is cut with a mark."""
    deep: list[Any] = []
    for _ in range(5_000):
        deep = [deep]
    assert "nested too deeply" in to_json(deep)


def test_long_text_is_cut_with_a_mark() -> None:
    """The mark says how much is missing."""
    text = to_json("x" * (LIMIT + 1000))
    assert len(text) <= LIMIT
    kept, _, mark = text.partition("…")
    assert mark == f" [truncated: {LIMIT + 1000 - len(kept):,} more characters]"


def test_long_lists_and_mappings_are_cut_with_a_mark() -> None:
    """JSON that is cut is still JSON, and says how much is missing."""
    items = json.loads(to_json(list(range(10**6)), 2_000))
    assert items[:3] == [0, 1, 2]
    assert items[-1] == f"… [truncated: {10**6 - len(items) + 1:,} more items]"
    pairs = json.loads(to_json({str(n): n for n in range(10**5)}, 2_000))
    assert pairs["…"] == f"… [truncated: {10**5 - len(pairs) + 1:,} more keys]"
    assert json.loads(to_json(Endless(), 2_000))["…"] == "… [truncated]"


def test_one_long_text_leaves_room_for_the_rest() -> None:
    """What comes after it is still there."""
    messages = json.loads(
        to_json([{"role": "system", "text": "x" * 9_000}, {"role": "user"}], 4_000)
    )
    assert messages[1] == {"role": "user"}
    assert "[truncated: " in messages[0]["text"]


def test_a_value_that_changes_meanwhile() -> None:
    """A mapping that grows while it is read is shown as far as possible."""

    class Growing:
        def __init__(self, holder: dict[Any, Any]) -> None:
            self.holder = holder

        def __repr__(self) -> str:
            self.holder[len(self.holder)] = 0
            return "growing"

    holder: dict[Any, Any] = {}
    holder["a"] = Growing(holder)
    assert to_plain(holder) == {"a": "growing"}


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text(st.characters(codec=None, categories=None, exclude_categories=()))
    | st.binary()
    | st.datetimes()
    | st.timedeltas()
    | st.decimals()
    | st.uuids()
    | st.builds(Plain)
    | st.builds(Mute)
    | st.builds(Liar)
    | st.builds(Endless)
    | st.builds(lambda: "\x00" * 5_000)
    | st.builds(lambda: "\U0001f600" * 5_000)
    | st.builds(lambda: 10**9999)
    | st.sampled_from([Plain, Colour.RED, np.nan, np.arange(3), len]),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.integers() | st.text() | st.builds(Mute) | st.tuples(st.text()), inner)
        | st.builds(Order, st.integers(), st.lists(inner))
        | st.builds(lambda value: [value] * 500, inner)
        | st.frozensets(st.integers() | st.text())
    ),
    max_leaves=40,
)


@given(anything, st.integers(0, 5_000))
def test_anything_becomes_bounded_text(value: Any, limit: int) -> None:
    """It keeps the limit, and is text that can be sent."""
    text = to_json(value, limit)
    assert len(text) <= max(limit, 1_024)
    text.encode()
    plain = to_plain(value, limit)
    if not isinstance(plain, str):
        assert json.loads(text) == plain


@given(st.text(st.characters(codec=None, exclude_categories=())), st.integers(0, 3_000))
def test_text_stays_text(text: str, limit: int) -> None:
    """Whatever is valid and short enough is not changed at all."""
    said = shorten(text * 50, limit)
    assert len(said) <= max(limit, 1_024)
    said.encode()
    if len(text) * 50 <= 1_024 and text.isprintable():
        assert said == text * 50
