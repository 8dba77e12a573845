"""How the client asks servers over HTTP, and what it calls itself there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import requests
from requests.auth import AuthBase

from audittrail.otel_exporter.delivery.transport.agent import USER_AGENT

__all__ = ["SHOWN_CHARACTERS", "new_session"]

# As much of an answer as a log line takes.
SHOWN_CHARACTERS: Final = 500


class _HeadersOfOurs(AuthBase):
    """Being there, it keeps requests from putting what ~/.netrc says in the place of the key."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def new_session(content_type: str, headers: Mapping[str, str]) -> requests.Session:
    """A session for one thread, which sends these headers and no others' credentials."""
    session = requests.Session()
    session.auth = _HeadersOfOurs()
    session.headers.update({"user-agent": USER_AGENT, **headers})
    session.headers["content-type"] = content_type
    return session
