"""No block of a document is left out."""

from __future__ import annotations

import re

import pytest

from tests.docs.blocks import ROOT, blocks_of, pages, parse
from tests.docs.elsewhere import ELSEWHERE, Elsewhere
from tests.docs.files import CHECKS
from tests.docs.story import problem_of


@pytest.mark.parametrize("page", pages())
def test_every_block(page: str) -> None:
    """It is run, saved and used, compared, or listed with a reason."""
    blocks = blocks_of(page)
    problems = {
        str(block): problem
        for place, block in enumerate(blocks)
        if (problem := problem_of(block, blocks[place + 1 :]))
    }
    assert problems == {}


@pytest.mark.parametrize("entry", ELSEWHERE, ids=lambda entry: f"{entry.page} {entry.words}"[:60])
def test_what_is_listed_is_there(entry: Elsewhere) -> None:
    """The reason is for one block that exists, and the test that stands for it exists as well."""
    assert len([each for each in blocks_of(entry.page) if entry.words in each.text]) == 1
    file, _, name = entry.covered.partition("::")
    text = (ROOT / file).read_text("utf-8")
    assert not name or re.search(rf"\bdef {name}\(", text)
    assert entry.why


def test_every_check_of_a_file_is_used() -> None:
    """A page that names the file no longer would take its check along unseen."""
    named = {(block.page, block.name) for page in pages() for block in blocks_of(page)}
    assert set(CHECKS) - named == set()


def test_blocks_are_found() -> None:
    """Indented ones, those with longer fences, and the names they are saved by."""
    text = (
        "Save it as `agent.py`, for example:\n\n```python\na = '``'\n```\n"
        "And as `b/c.yaml`:\n\n~~~yaml title=x\n```\n~~~\n"
        "* item\n\n  ````sh\n  one\n    two\n  ````\n"
    )
    found = [(each.line, each.language, each.text, each.name) for each in parse("page", text)]
    assert found == [
        (3, "python", "a = '``'\n", "agent.py"),
        (8, "yaml", "```\n", "b/c.yaml"),
        (13, "sh", "one\n  two\n", None),
    ]


def test_a_block_without_an_end() -> None:
    """It would hide all blocks below it."""
    with pytest.raises(ValueError, match="page:1: a block without an end"):
        list(parse("page", "```sh\nfalse\n"))
