"""The page that tests get one after the other is as new each time."""

from __future__ import annotations

from tests.dashboard.chromium import Desk
from tests.dashboard.support_accounts import sign_in, visit
from tests.dashboard.waiting import until
from tests.support.people import Person

_LEAVE = """async () => {
  localStorage.setItem("left", "1");
  sessionStorage.setItem("left", "1");
  await new Promise((done) => { indexedDB.open("left").onsuccess = done; });
  await caches.open("left");
}"""
_LEFT = """async () => [
  localStorage.getItem("left"), sessionStorage.getItem("left"),
  (await indexedDB.databases()).length, (await caches.keys()).length,
  (await navigator.permissions.query({ name: "clipboard-read" })).state === "granted",
]"""


def test_nothing_is_left_to_the_next(desk: Desk, viewer: Person) -> None:
    """Whatever a test did: cookies, permissions, storage, shared workers, further pages, and a
    session that the next one would be signed in by."""
    with desk.page() as page:
        sign_in(page, viewer)
        visit(page, viewer, "/traces")
        until(page, "audittrail.connection.state === 'live'")
        page.context.grant_permissions(["clipboard-read"])
        page.evaluate(_LEAVE)
        visit(page.context.new_page(), viewer, "/profile")
        assert page.evaluate(_LEFT) == ["1", "1", 1, 1, True]
        assert desk.workers() != []
        assert len(page.context.cookies()) > 0
    assert desk.workers() == []
    with desk.page() as page:
        assert page.context.cookies() == []
        visit(page, viewer, "/login")
        assert page.evaluate(_LEFT) == [None, None, 0, 0, False]
        assert len(page.context.pages) == 2
