"""Who may do what: users, passwords, tokens and API keys."""

from __future__ import annotations

from audittrail.accounts.keys import KEY_PREFIX, Keyring
from audittrail.accounts.principal import SCOPES, Principal, Scope
from audittrail.accounts.service import LOCAL_EMAIL, AccountService, NewKey
from audittrail.accounts.throttle import LoginThrottle, TooManyAttempts
from audittrail.accounts.tokens import TokenIssuer

__all__ = [
    "KEY_PREFIX",
    "LOCAL_EMAIL",
    "SCOPES",
    "AccountService",
    "Keyring",
    "LoginThrottle",
    "NewKey",
    "Principal",
    "Scope",
    "TokenIssuer",
    "TooManyAttempts",
]
