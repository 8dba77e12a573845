"""The cookies of a browser: who is signed in, and whether the demonstration is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from starlette.responses import Response

__all__ = [
    "DEMO_COOKIE",
    "SESSION_COOKIE",
    "clear_cookie",
    "is_demo",
    "same_origin",
    "set_cookie",
    "token_of",
]

SESSION_COOKIE: Final = "audittrail_token"
DEMO_COOKIE: Final = "audittrail_demo"


def token_of(cookies: Mapping[str, str]) -> str | None:
    """Whose data this browser looks at. The demonstration stands above who is signed in, until it
    is left."""
    return cookies.get(DEMO_COOKIE) or cookies.get(SESSION_COOKIE) or None


def is_demo(cookies: Mapping[str, str]) -> bool:
    return bool(cookies.get(DEMO_COOKIE))


def same_origin(headers: Mapping[str, str]) -> bool:
    """Whether a request comes from one of our own pages, as browsers tell. Programs tell nothing,
    and hold no cookie of anybody."""
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    return urlsplit(origin).netloc == headers.get("host")


def set_cookie(
    answer: Response, name: str, token: str, *, secure: bool, max_age: int | None
) -> None:
    """Out of reach of scripts and of other sites."""
    answer.set_cookie(name, token, max_age=max_age, httponly=True, secure=secure, samesite="strict")


def clear_cookie(answer: Response, name: str) -> None:
    answer.delete_cookie(name, httponly=True, samesite="strict")
