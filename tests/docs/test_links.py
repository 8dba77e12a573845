"""Links between the documents lead somewhere."""

from __future__ import annotations

import re

import pytest

from tests.docs.blocks import ROOT, pages

PAGES = [*pages(), "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]


def _prose(page: str) -> str:
    """A page without its blocks."""
    return re.sub(r"(?ms)^( *)(`{3,}).*?^\1\2$", "", (ROOT / page).read_text("utf-8"))


def _anchor(title: str) -> str:
    """As GitHub makes it of a title."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES)
def test_links(page: str) -> None:
    """To a file that exists, and to a title in it."""
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", _prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        path = (ROOT / page).parent / file if file else ROOT / page
        titles = re.findall(r"(?m)^#+ (.+)$", path.read_text("utf-8")) if path.is_file() else []
        if not path.exists() or (anchor and anchor not in map(_anchor, titles)):
            broken.append(target)
    assert broken == []


def test_every_page_is_reached() -> None:
    """From the README, by following links. The decisions have a list of their own."""
    found, follow = {"README.md"}, ["README.md"]
    while follow:
        page = follow.pop()
        for target in re.findall(r"\]\(([^)\s#]+\.md)", _prose(page)):
            path = ((ROOT / page).parent / target).resolve()
            name = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else ""
            if path.is_file() and name not in found:
                found.add(name)
                follow.append(name)
    unreached = {page for page in PAGES if page not in found and page.startswith("docs/")}
    assert {page for page in unreached if not page.startswith("docs/adr/")} == set()
