"""Contrast of the colours, computed from the file that pages and canvases read them from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import audittrail.dashboard

_FILE = Path(audittrail.dashboard.__file__).parent / "assets/css/tokens.css"
_SCHEMES = ("light", "dark")
_GROUNDS = ("ground", "surface", "selected")
_TYPES = ("agent", "llm", "tool", "retrieval", "check", "step")
_BADGES = ("agent", "estimated", "default", "unpriced")
# Text, its ground, and the least ratio: 4.5 for text, 3 for graphics (WCAG 2.2, 1.4.3 and 1.4.11).
_PAIRS = [
    *((ink, ground, 4.5) for ink in ("ink", "muted", "accent", "error") for ground in _GROUNDS),
    *((mark, ground, 3.0) for mark in (*_TYPES, "violation", "running") for ground in _GROUNDS),
    *((f"badge-{name}-ink", f"badge-{name}-ground", 7.0) for name in _BADGES),
    ("on-accent", "accent", 4.5),
    ("edge", "surface", 3.0),
    ("secret-ink", "secret-ground", 4.5),
    ("added", "added-ground", 4.5),
    ("removed", "removed-ground", 4.5),
]


def _block(text: str, start: str) -> dict[str, str]:
    body = text[text.index(start) :].split("{", 1)[1].split("}", 1)[0]
    return dict(re.findall(r"--at-([\w-]+): (#[0-9a-f]{6});", body))


def _tokens(scheme: str) -> dict[str, str]:
    text = _FILE.read_text()
    light = _block(text, ":root {")
    dark = _block(text, ':root[data-color-scheme="dark"] {')
    return light if scheme == "light" else light | dark


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", _SCHEMES)
@pytest.mark.parametrize(("ink", "ground", "least"), _PAIRS)
def test_contrast(scheme: str, ink: str, ground: str, least: float) -> None:
    """Each pair that stands together is told apart well enough."""
    tokens = _tokens(scheme)
    assert _contrast(tokens[ink], tokens[ground]) >= least


def test_no_colour_elsewhere() -> None:
    """Styles and scripts name no colour of their own, but shadows of black."""
    folder = _FILE.parent.parent
    named = []
    for path in sorted(folder.rglob("*.css")) + sorted(folder.rglob("*.js")):
        if path == _FILE:
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.search(
                r"#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b(?=[;\"' ])|\brgba?\((?!0 0 0)", line
            ):
                named.append(f"{path.relative_to(folder)}:{number}: {line.strip()}")
    assert named == []
