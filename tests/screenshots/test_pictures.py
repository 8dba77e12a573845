"""``make screenshots``, for a page of each kind at one width."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest

from tests.screenshots.__main__ import main

_NAMES = ("landing", "onboarding", "research-timeline")


@pytest.mark.slow
def test_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page in light and in dark: two pictures as wide as was asked, which differ."""
    only = [word for name in _NAMES for word in ("--only", name)]
    command = ["screenshots", str(tmp_path), "--width", "390", *only]
    monkeypatch.setattr(sys, "argv", command)
    main()
    for name in _NAMES:
        light, dark = (
            (tmp_path / scheme / "390" / f"{name}.png").read_bytes() for scheme in ("light", "dark")
        )
        # The width is in the header of a PNG, after 16 bytes.
        assert struct.unpack_from(">I", light, 16) == struct.unpack_from(">I", dark, 16) == (390,)
        assert light != dark
