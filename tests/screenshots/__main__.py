"""Start a server, fill it, and save each page in light and dark at three widths.

python -m tests.screenshots FOLDER [--width 390 ...] [--only research-dag ...]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from rich.console import Console

from tests.ablation.agents import Model
from tests.dashboard.chromium import FLAGS
from tests.dashboard.waiting import Traffic
from tests.screenshots.data import Address, addresses
from tests.support.asking import asking_server
from tests.support.tools import need

_SIZES = {1440: 900, 768: 1024, 390: 844}


def main() -> None:
    given = _arguments()
    folder: Path = given.folder
    console = Console()
    with (
        tempfile.TemporaryDirectory() as data,
        asking_server(Path(data), Model(), dashboard=True) as (server, _),
        sync_playwright() as playwright,
    ):
        pages = addresses(server, given.only)
        chromium = need("chromium", "chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for scheme in ("light", "dark"):
            for width in given.width or _SIZES:
                size = {"width": width, "height": _SIZES[width]}
                context = browser.new_context(color_scheme=scheme, viewport=size)
                page = context.new_page()
                for address in pages:
                    _shoot(page, address, folder / scheme / str(width))
                context.close()
            console.print(
                f"{scheme}: {len(pages) * len(given.width or _SIZES)} pictures in {folder / scheme}"
            )
        browser.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--width", type=int, action="append", choices=sorted(_SIZES))
    parser.add_argument("--only", action="append", metavar="NAME", help="such as research-dag")
    return parser.parse_args()


def _shoot(page: Page, address: Address, folder: Path) -> None:
    page.context.clear_cookies()
    if address.cookies:
        page.context.add_cookies(address.cookies)
    traffic = Traffic(page)
    page.goto(address.url)
    page.wait_for_selector(address.drawn)
    traffic.settle()
    if address.grey:
        page.add_style_tag(content="html { filter: grayscale(1); }")
    page.wait_for_timeout(400)  # what is drawn after the data has come
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{address.name}.png")


if __name__ == "__main__":
    main()
