"""Who may do what: users, passwords, tokens and API keys."""

from __future__ import annotations

from audittrail.accounts.keys import KEY_PREFIX, Keyring
from audittrail.accounts.principal import SCOPES, Principal, Scope
from audittrail.accounts.refusals import Refusal, Refusals
from audittrail.accounts.service import DEMO_EMAIL, LOCAL_EMAIL, AccountService, NewKey
from audittrail.accounts.throttle import LoginThrottle, TooManyAttempts
from audittrail.accounts.tokens import TokenIssuer

__all__ = [
    "DEMO_EMAIL",
    "KEY_PREFIX",
    "LOCAL_EMAIL",
    "SCOPES",
    "AccountService",
    "Keyring",
    "LoginThrottle",
    "NewKey",
    "Principal",
    "Refusal",
    "Refusals",
    "Scope",
    "TokenIssuer",
    "TooManyAttempts",
]
