"""Password hashes (argon2id)."""

from __future__ import annotations

import threading
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

__all__ = ["hash_password", "verify_password"]

_HASHER: Final = PasswordHasher()
# Each hash takes 64 MiB and all cores for a moment: two at a time are enough.
_SLOTS: Final = threading.BoundedSemaphore(2)

# Of no password: what an unknown user's password is compared with, so that it takes as long.
_NOBODY: Final = _HASHER.hash("no such user")


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
