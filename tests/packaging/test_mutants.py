"""The mutants of the sources are still there to be made."""

from __future__ import annotations

import pytest

from tests.mutants import ROOT, TESTS, Mutant, read_mutants


@pytest.mark.parametrize("mutant", read_mutants(), ids=lambda mutant: mutant.name)
def test_each_mutant_can_be_made(mutant: Mutant) -> None:
    """What it changes stands once in its file, and its group has tests that exist."""
    text = (ROOT / mutant.file).read_text("utf-8")
    assert mutant.changes
    for old, new in mutant.changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    assert all((ROOT / test).is_file() for test in TESTS[mutant.group])
