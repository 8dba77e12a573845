"""What axe-core finds on a page."""

from __future__ import annotations

from typing import Any, Final, Literal

from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.dashboard.waiting import until

_COLOURS: Final = ["color-contrast", "link-in-text-block"]
_SCHEME: Final = "document.documentElement.dataset.colorScheme"
_FADING: Final = "document.getAnimations().some((each) => each instanceof CSSTransition)"
_AXE: Final = Axe()


def inaccessible(page: Page) -> list[str]:
    """Each rule that the page breaks, with where: all of them in light, and in dark those of
    colours, as nothing else differs."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_AXE.axe_script)
    _show_in(page, "light")
    found = _run(page, {})
    _show_in(page, "dark")
    found += _run(page, {"runOnly": _COLOURS})
    _show_in(page, "light")
    return found


def _show_in(page: Page, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    # Colours change at once, but for what fades.
    until(page, f"{_SCHEME} === '{scheme}' && !{_FADING}")


def _run(page: Page, options: dict[str, Any]) -> list[str]:
    answer = page.evaluate(
        "(options) => axe.run(options).then(({ violations }) => violations)",
        {"resultTypes": ["violations"], **options},
    )
    return [
        f"{each['id']}: {node['target']} {node['html'][:160]}"
        for each in answer
        for node in each["nodes"]
    ]
