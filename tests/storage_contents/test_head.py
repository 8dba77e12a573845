"""A recipe tells the count of an array, and the short entries of an object."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audittrail.storage.contents.head import outline

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats()
    | st.text(st.characters(), max_size=300),
    lambda values: st.lists(values, max_size=5) | st.dictionaries(st.text(max_size=9), values),
    max_leaves=20,
)


@given(st.dictionaries(st.text(st.characters(), max_size=300), VALUES, max_size=30))
def test_head_holds_true_entries_only(value: dict[str, object]) -> None:
    """Whatever an object holds, its head is short JSON, with entries that are in it as they are."""
    text = json.dumps(value)
    head = outline(text.encode()).head
    assert len(head.encode()) <= 2000
    if head:
        kept = json.loads(head)
        assert list(kept) == [key for key in value if key in kept]
        assert all(json.dumps(kept[key]) == json.dumps(value[key]) for key in kept)


@given(st.lists(VALUES, max_size=8) | VALUES | st.text())
def test_anything_has_an_outline(value: object) -> None:
    """No text is an error; a count is the array's."""
    for text in (json.dumps(value), json.dumps(value)[:-1], str(value)):
        count = outline(text.encode(errors="replace")).count
        assert count is None or count == len(json.loads(text))


@pytest.mark.parametrize(
    ("text", "count", "head"),
    [
        (' [1, {"a": 2}]', 2, ""),
        ("[]", 0, ""),
        ('"[1]"', None, ""),
        ("[1", None, ""),
        ("[NaN]", None, ""),
        ("[" * 100_000, None, ""),
        ('{"a":' * 100_000, None, ""),
        ('{"a": "é", "b": [1, {"c": null}], "d": 1.5}', None, None),
        ('{"a": 18446744073709551615}', None, None),
        ('{"a": 18446744073709551616, "b": [-9223372036854775809], "c": 1}', None, '{"c":1}'),
        ('{"a": "' + "x" * 251 + '", "b": 1}', None, '{"b":1}'),
        ('{"a": "' + "x" * 250 + '"}', None, None),
        ("{}", None, "{}"),
    ],
)
def test_examples(text: str, count: int | None, head: str | None) -> None:
    """Integers are exact or left out, long entries are left out, other texts have no outline.
    ``None``: all entries are there."""
    found = outline(text.encode())
    assert found.count == count
    if head is None:
        assert json.loads(found.head) == json.loads(text)
    else:
        assert found.head == head


def test_head_is_bounded() -> None:
    """At most 2,000 bytes, from the first entry on."""
    value = {f"key {number}": "é" * 40 for number in range(100)}
    head = outline(json.dumps(value).encode()).head
    assert 1800 < len(head.encode()) <= 2000
    assert list(json.loads(head)) == list(value)[: len(json.loads(head))]


def test_many_values_are_not_parsed() -> None:
    """Over a million values would take a hundred times their bytes of memory."""
    assert outline(b"[" + b"{}," * 1_100_000 + b"{}]") == outline(b"")
    assert outline(b"[" + b"{}," * 400_000 + b"{}]").count == 400_001
