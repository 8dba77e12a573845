"""The fenced blocks of the documents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_FENCE: Final = re.compile(r"^( *)(`{3,}|~{3,})\s*(\S*).*$")
_NAMED: Final = re.compile(r"`([\w./-]+\.\w+)`[^`]*:$")


@dataclass(frozen=True)
class Block:
    """A fenced block. ``page`` is a path from the root, ``line`` that of the opening fence, and
    ``name`` the file that the line above asks to save it as."""

    page: str
    line: int
    language: str
    text: str
    name: str | None

    @property
    def first_line(self) -> str:
        return self.text.split("\n", 1)[0]

    def __str__(self) -> str:
        return f"{self.page}:{self.line} ({self.language or 'no language'}) {self.first_line!r}"


def pages() -> list[str]:
    """All documents that users read."""
    patterns = ("README.md", "docs/**/*.md", "examples/**/*.md", "otel_exporter/**/*.md")
    found = {path for pattern in patterns for path in ROOT.glob(pattern)}
    unwanted = {"node_modules", "data"}
    return sorted(str(path.relative_to(ROOT)) for path in found if not unwanted & set(path.parts))


def blocks_of(page: str) -> list[Block]:
    return list(parse(page, (ROOT / page).read_text("utf-8")))


def parse(page: str, text: str) -> Iterator[Block]:
    """The blocks of a page's text. Raises ValueError for one that has no end."""
    lines = enumerate(text.splitlines(), start=1)
    above = ""
    for number, line in lines:
        opened = _FENCE.match(line)
        if opened is None:
            above = line.strip() or above
            continue
        indent, fence, language = len(opened[1]), opened[2], opened[3]
        inside: list[str] = []
        for _, inner in lines:
            if inner.strip() == fence:
                break
            inside.append(inner[indent:] if inner[:indent].isspace() or not indent else inner)
        else:
            raise ValueError(f"{page}:{number}: a block without an end")
        named = _NAMED.search(above)
        yield Block(page, number, language, "\n".join(inside) + "\n", named and named[1])
        above = ""
