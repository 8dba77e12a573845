"""Access tokens of people who logged in (JWT, HMAC-SHA256)."""

from __future__ import annotations

import time
from typing import Final

from audittrail.errors import NotAuthenticated

__all__ = ["TokenIssuer"]

_ALGORITHM: Final = "HS256"
_ISSUER: Final = "audittrail"


class TokenIssuer:
    """Signs and checks tokens with the server's secret key."""

    def __init__(self, secret_key: str, lifetime_s: float) -> None:
        self._secret_key = secret_key
        self._lifetime_s = lifetime_s

    def issue(self, user_id: str, lifetime_s: float | None = None) -> str:
        """Lives as long as a log-in, or for so many seconds."""
        import jwt  # with the cryptography that it brings, not before somebody logs in

        now = time.time()
        ends = now + (self._lifetime_s if lifetime_s is None else lifetime_s)
        claims = {"iss": _ISSUER, "sub": user_id, "iat": now, "exp": ends}
        return jwt.encode(claims, self._secret_key, algorithm=_ALGORITHM)

    def verify(self, token: str) -> str:
        """The user's id. Raises NotAuthenticated for a token that is not ours or has expired."""
        import jwt

        try:
            claims = jwt.decode(
                token,
                self._secret_key,
                algorithms=[_ALGORITHM],
                issuer=_ISSUER,
                options={"require": ["exp", "sub"]},
            )
        except jwt.ExpiredSignatureError:
            raise NotAuthenticated("The access token has expired; log in again.") from None
        except jwt.InvalidTokenError:
            raise NotAuthenticated("The access token is not valid; log in again.") from None
        subject = claims["sub"]
        if not isinstance(subject, str):
            raise NotAuthenticated("The access token is not valid; log in again.")
        return subject
