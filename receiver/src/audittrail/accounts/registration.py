"""Making accounts of people."""

from __future__ import annotations

import time
from typing import Final

from email_validator import EmailNotValidError, validate_email

from audittrail.accounts.ids import new_id
from audittrail.accounts.passwords import hash_password
from audittrail.errors import InvalidInput
from audittrail.storage import AccountStore, User

__all__ = ["MAX_PASSWORD", "MIN_PASSWORD", "register_user"]

MIN_PASSWORD: Final = 8
MAX_PASSWORD: Final = 1024


def register_user(accounts: AccountStore, email: str, password: str) -> User:
    """Add a user. Raises InvalidInput for an address or a password that cannot be used, Conflict
    if the address is registered already."""
    email = _checked_email(email)
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise InvalidInput(
            f"A password needs {MIN_PASSWORD} to {MAX_PASSWORD} characters.", field="password"
        )
    user = User(new_id("u"), email, hash_password(password), time.time_ns())
    accounts.add_user(user)
    return user


def _checked_email(email: str) -> str:
    try:
        found = validate_email(email.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise InvalidInput(f"This is not an e-mail address: {error}", field="email") from None
    return found.normalized
