"""Running the blocks of a page in their order."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Final

import pytest

from tests.docs import files
from tests.docs.blocks import Block
from tests.docs.elsewhere import elsewhere
from tests.docs.seen import Watcher, is_tree
from tests.docs.stage import Stage

SHELL: Final = "sh"
SCRIPTS: Final = ("python", "js")
FILES: Final = ("yaml", "toml", "ini")
SEEN: Final = "text"
_AN_AGENT: Final = re.compile(r"([A-Z_]+=\S+ )*(opentelemetry-instrument )?(python|node) \S+")


def tell(blocks: list[Block], stage: Stage, watcher: Watcher) -> None:
    """Raises AssertionError where something is not as the page says."""
    for block in blocks:
        if elsewhere(block) is None:
            try:
                _tell(block, stage, watcher)
            except AssertionError as error:
                raise AssertionError(f"{block}\n{error}") from None
    difference = _difference(stage.seen_besides, watcher.tree(stage.seen_besides))
    assert not difference, f"{blocks[0].page} does not show what arrives:\n{difference}"


def _tell(block: Block, stage: Stage, watcher: Watcher) -> None:
    if block.name is not None and block.language != SHELL:
        stage.save(block)
        if block.language in FILES:
            files.check(block, stage)
    elif block.language == SHELL:
        stage.shell(block.text)
        if _AN_AGENT.fullmatch(block.text.strip()):
            _assert_quiet(stage)
    elif block.language == "python":
        stage.script("python", "block.py", block.text)
        _assert_quiet(stage)
    elif block.language == "js":
        stage.script("node", "block.mjs", block.text)
        _assert_quiet(stage)
    elif block.language == SEEN and is_tree(block.text):
        difference = _difference(block.text, watcher.tree(block.text))
        assert not difference, f"{difference}\n{stage.complaints}"
    elif block.language == SEEN:
        _compare(stage.said, stage.here(block.text))
    else:
        pytest.fail(f"there is no way to run it: {block}")


def _assert_quiet(stage: Stage) -> None:
    """An agent has nothing to complain of."""
    assert not stage.complaints, f"it printed:\n{stage.complaints}"


def _difference(shown: str, arrived: str) -> str:
    lines = difflib.ndiff(shown.splitlines(), arrived.splitlines())
    return "" if shown == arrived else "\n".join(lines)


def _compare(said: str, shown: str) -> None:
    """Lines that are shown were printed, in their order; ``...`` stands for any others."""
    lines = iter(said.splitlines())
    for wanted in shown.splitlines():
        if wanted.strip() != "...":
            start, cut, _ = wanted.partition("...")
            found = any(line == wanted or (cut and line.startswith(start)) for line in lines)
            assert found, f"{wanted!r} was not printed in its place, but:\n{said}"


def problem_of(block: Block, later: list[Block]) -> str | None:
    """Why a block is not accounted for; ``later`` are those below it on its page."""
    if elsewhere(block) is not None:
        return None
    if block.language in SCRIPTS and block.name is not None:
        # `app.py` may be meant by `gunicorn app:app`.
        name = re.compile(rf"\b{re.escape(Path(block.name).stem)}\b")
        used = any(name.search(each.text) for each in later)
        return None if used else f"nothing on the page uses {block.name}"
    if block.language in FILES:
        return None if files.known(block) else "files.py has no check of it"
    if block.language in (SHELL, SEEN, *SCRIPTS):
        return None
    return f"a block in {block.language or 'no language'} has no way to run"
