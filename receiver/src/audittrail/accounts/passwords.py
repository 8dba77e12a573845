"""Password hashes (argon2id)."""

from __future__ import annotations

import base64
import secrets
import threading
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

__all__ = ["hash_password", "verify_password"]

_HASHER: Final = PasswordHasher()
# Each hash takes 64 MiB and all cores for a moment: two at a time are enough.
_SLOTS: Final = threading.BoundedSemaphore(2)


def _nobody() -> str:
    """A hash of no password, which an unknown user's password is compared with, so that it takes
    as long. Random bytes in the form of the PHC string format: hashing a text instead takes a
    quarter of a second, at every start."""

    def encoded(count: int) -> str:
        return base64.b64encode(secrets.token_bytes(count)).decode().rstrip("=")

    cost = f"m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}"
    return f"$argon2id$v=19${cost}${encoded(_HASHER.salt_len)}${encoded(_HASHER.hash_len)}"


_NOBODY: Final = _nobody()


def hash_password(password: str) -> str:
    with _SLOTS:
        return _HASHER.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """False for a wrong password, and, after the same time, if there is no user (None)."""
    with _SLOTS:
        try:
            matches = _HASHER.verify(stored or _NOBODY, password)
        except (VerificationError, InvalidHashError):
            return False
    return matches and stored is not None
