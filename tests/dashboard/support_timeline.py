"""What the Timeline shows, which is a picture to the eye and a view with places to a test."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.dashboard.support_trace import open_trace
from tests.dashboard.waiting import until
from tests.support.servers import Server

VIEW = "audittrail.timeline.current"
CANVAS = ".at-timeline-canvas"


def open_timeline(page: Page, server: Server, trace_id: str, query: str = "") -> None:
    open_trace(page, server, trace_id, f"?tab=timeline{query}")
    until(page, "audittrail.timeline?.current?.onScreen?.[1] > 0")


def rows(page: Page) -> list[str]:
    """The names of the spans in the order of its rows; a run of spans by its key."""
    told: list[str] = page.evaluate(
        f"""() => {{
          const {{ store }} = {VIEW};
          return [...{VIEW}.rows.entries].map((entry) =>
            entry < -1 ? store.run(-(entry + 2)).key : store.name[entry]);
        }}"""
    )
    return told


def place(page: Page) -> dict[str, Any]:
    """Which row is first on the screen and how far it is scrolled, what time is in view, and which
    span is selected."""
    told: dict[str, Any] = page.evaluate(
        f"""() => {{
          const view = {VIEW};
          const {{ store, rows, scroller, scale }} = view;
          const first = rows.entries[view.onScreen[0]];
          return {{
            first: store.id[first],
            offset: scroller.scrollTop % rows.height,
            time: scale.view().map((t) => Math.round(t * 1000) / 1000),
            selected: store.selected < 0 ? null : store.id[store.selected],
          }};
        }}"""
    )
    return told


def point(page: Page, name: str, part: str = "bar") -> tuple[float, float]:
    """Where on the screen a span's row is: at the start of its bar, or at its fold arrow."""
    x, y = page.evaluate(
        f"""([name, part]) => {{
          const view = {VIEW};
          const {{ store, rows, scroller, scale }} = view;
          const index = [...rows.entries].findIndex((e) => e >= 0 && store.name[e] === name);
          const row = rows.entries[index];
          const box = document.querySelector("{CANVAS}").getBoundingClientRect();
          const fold = audittrail.timeline.indentOf(store, row) + 4;
          const x = part === "fold" ? fold : scale.x(store.start[row]) + 1;
          return [box.left + x, box.top + (index + 0.5) * rows.height - scroller.scrollTop];
        }}""",
        [name, part],
    )
    return float(x), float(y)
