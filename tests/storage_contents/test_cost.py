"""Cutting takes time in proportion to the bytes, whatever they are."""

from __future__ import annotations

import base64
import random
import time
from typing import Final

import pytest

from tests.storage_contents.store import MemoryStore
from tests.support.machine import slowness

# Texts in which there is a place to cut, or nearly one, everywhere.
REPEATED: Final = [
    *("},{", "} ,{", "}]", "}", "}" + " " * 39, "} , ", '{"a":', "a", "漢", " ", "[", "{},"),
    *(',"k.0.', ',"k.0.x":1,"b":2', ',"k":1', ',"a.0.":', ',"' + "a" * 79, '"', ",", "},{}" * 31),
    *('{"a.0.b":"' + "x" * 200 + '"},', "x" * 7999 + "},{"),
]

BYTES: Final = 400_000

# The slowest form, one of attributes with one digit each, takes 60 us per KB.
MOST_US_PER_KB: Final = 400


def seconds(text: str) -> float:
    """CPU time to cut a text, and to cut it again as the text of another series."""
    store = MemoryStore()
    began = time.process_time()
    for series in range(2):
        store.cutter.cut("owner", text, series)
    return time.process_time() - began


@pytest.mark.parametrize("repeated", REPEATED, ids=lambda text: repr(text[:20]))
@pytest.mark.parametrize("numbered", [False, True])
def test_cost_is_linear(repeated: str, numbered: bool) -> None:
    """Four times the text takes about four times as long, and no text takes long."""
    front = '["a.0.' if numbered else "["
    number = BYTES // len(repeated.encode())
    once = min(seconds(front + repeated * number) for _ in range(3))
    fourfold = min(seconds(front + repeated * number * 4) for _ in range(2))
    assert fourfold < 10 * once + 0.05
    assert fourfold < 2 * 4 * BYTES / 1000 * MOST_US_PER_KB / 1e6 * slowness()


def test_base64_is_cheap() -> None:
    """An image of 4 MB takes a tenth of a second."""
    text = base64.b64encode(random.Random(1).randbytes(3_000_000)).decode()
    assert min(seconds(text) for _ in range(2)) < 0.4 * slowness()
