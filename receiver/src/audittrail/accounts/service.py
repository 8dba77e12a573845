"""Registering, logging in, keys, and telling from a credential who asks."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from audittrail.accounts.ids import new_id
from audittrail.accounts.keys import KEY_PREFIX, Keyring, NewKey, add_key
from audittrail.accounts.passwords import verify_password
from audittrail.accounts.principal import SCOPES, Principal
from audittrail.accounts.refusals import Refusals
from audittrail.accounts.registration import MAX_PASSWORD, register_user
from audittrail.accounts.throttle import LoginThrottle
from audittrail.accounts.tokens import TokenIssuer
from audittrail.errors import (
    AuditTrailError,
    Conflict,
    NotAuthenticated,
    NotFound,
    NotPermitted,
)
from audittrail.storage import AccountStore, ApiKey, User

__all__ = ["DEMO_EMAIL", "LOCAL_EMAIL", "AccountService"]

# Nobody can register these: they are no addresses that the e-mail check lets pass.
DEMO_EMAIL: Final = "demo@localhost"
LOCAL_EMAIL: Final = "local@localhost"
# The hash of none: whoever has it cannot log in anywhere.
_NO_PASSWORD: Final = "!"  # noqa: S105
_DEMO_SECONDS: Final = 3600.0


class AccountService:
    """``local_user`` is the id of the one user of a server in local mode: whoever comes without
    credentials, or with some that are not known, is that user. ``on_demo`` is called, from any
    thread, when somebody looks at the demonstration."""

    def __init__(
        self,
        accounts: AccountStore,
        tokens: TokenIssuer,
        *,
        allow_registration: bool = True,
        allow_demo: bool = False,
        throttle: LoginThrottle | None = None,
    ) -> None:
        self._accounts = accounts
        self._tokens = tokens
        self._allow_registration = allow_registration
        self._allow_demo = allow_demo
        self._throttle = throttle or LoginThrottle()
        self._known_users: dict[str, bool] = {}  # whether it is the demonstration's
        self.keyring = Keyring(accounts.list_keys())
        self.refusals = Refusals()
        self.local_user: str | None = None
        self.on_demo: Callable[[], None] | None = None

    # People

    def register(self, email: str, password: str, address: str | None = None) -> User:
        """Raises InvalidInput (Conflict if taken), NotPermitted, TooManyAttempts. Without an
        ``address`` it is the operator who asks, for whom no limit counts."""
        if address is not None:
            if not self._allow_registration:
                raise NotPermitted(
                    "Registration is closed on this server. Ask its operator for an account "
                    "(audittrail user add)."
                )
            self._throttle.attempt(address, email)
        return register_user(self._accounts, email, password)

    def log_in(self, email: str, password: str, address: str) -> User:
        """Raises NotAuthenticated with the same words for an unknown user and a wrong password,
        after the same work; TooManyAttempts when there were too many."""
        self._throttle.attempt(address, email)
        user = self._accounts.find_user(email.strip())
        stored = user.password_hash if user else None
        if not verify_password(stored, password[:MAX_PASSWORD]) or user is None:
            raise NotAuthenticated("The e-mail address or the password is wrong.")
        return user

    def token_for(self, user: User) -> str:
        return self._tokens.issue(user.id)

    def user(self, user_id: str) -> User:
        user = self._accounts.get_user(user_id)
        if user is None:
            raise NotFound("This account does not exist any more.")
        return user

    def find_user(self, email: str) -> User | None:
        return self._accounts.find_user(email.strip())

    def has_users(self) -> bool:
        """Whether there are accounts of people."""
        demo = self._accounts.find_user(DEMO_EMAIL) is not None
        return self._accounts.count_users() > demo

    def enter_local_mode(self) -> User:
        """From now on nobody needs credentials. Only for a server that nobody else can reach."""
        user = self._user_without_password(LOCAL_EMAIL)
        self.local_user = user.id
        return user

    def demo_user(self) -> User:
        """Whose data everybody may read. Made when it is asked for first."""
        return self._user_without_password(DEMO_EMAIL)

    def demo_token(self, address: str) -> str:
        """For an hour, and for reading alone. Raises TooManyAttempts."""
        self._throttle.visit(address)
        return self._tokens.issue(self.demo_user().id, _DEMO_SECONDS)

    def _user_without_password(self, email: str) -> User:
        user = self._accounts.find_user(email)
        if user is None:
            user = User(new_id("u"), email, _NO_PASSWORD, time.time_ns())
            try:
                self._accounts.add_user(user)
            except Conflict:  # somebody else asked at the same time
                return self._user_without_password(email)
        return user

    # Credentials

    def authenticate(self, credential: str | None) -> Principal:
        """Who asks, by an API key or an access token. Raises NotAuthenticated."""
        try:
            return self._authenticate(credential)
        except NotAuthenticated:
            if self.local_user is None:
                raise
        return Principal(self.local_user, frozenset(SCOPES))

    def admit(self, credential: str | None, address: str, protocol: str) -> str:
        """The owner for whom a sender stores. Raises NotAuthenticated or NotPermitted, which is
        noted for its address."""
        try:
            return self.authenticate(credential).require("ingest")
        except (NotAuthenticated, NotPermitted) as error:
            self.refusals.note(address, _why(credential, error), protocol)
            raise

    def _authenticate(self, credential: str | None) -> Principal:
        if not credential:
            raise NotAuthenticated(
                "No credentials. Send the header Authorization: Bearer <API key or access token>."
            )
        if credential.startswith(KEY_PREFIX):
            found = self.keyring.find(credential)
            if found is None:
                raise NotAuthenticated(
                    "This API key is not known; it may have been deleted. Create one with "
                    "POST /api/v1/api-keys or audittrail key create."
                )
            return found
        user_id = self._tokens.verify(credential)
        if self._is_demo(user_id):
            return self._demo_principal(user_id)
        return Principal(user_id, frozenset(SCOPES))

    def _is_demo(self, user_id: str) -> bool:
        """Raises NotAuthenticated for a user that is gone."""
        known = self._known_users.get(user_id)
        if known is None:
            user = self._accounts.get_user(user_id)
            if user is None:
                raise NotAuthenticated("This account does not exist any more.")
            known = self._known_users[user_id] = user.email == DEMO_EMAIL
        return known

    def _demo_principal(self, user_id: str) -> Principal:
        if not self._allow_demo:
            raise NotAuthenticated("This server shows no demonstration any more; log in.")
        if self.on_demo is not None:
            self.on_demo()
        return Principal(user_id, frozenset({"read"}), demo=True)

    # Keys

    def create_key(self, owner: str, name: str, scopes: Sequence[str]) -> NewKey:
        """Raises InvalidInput for an empty name or an unknown scope, NotPermitted for the
        demonstration's user, whom nobody sends anything to."""
        if self._is_demo(owner):
            raise NotPermitted("The demonstration is read only: it has no keys.")
        made = add_key(self._accounts, owner, name, scopes)
        self.keyring.add(made.key)
        return made

    def list_keys(self, owner: str) -> list[ApiKey]:
        return [
            key._replace(last_used_ns=self.keyring.last_used_ns(key))
            for key in self._accounts.list_keys(owner)
        ]

    def get_key(self, owner: str, key_id: str) -> ApiKey:
        """Raises NotFound if the owner has no such key."""
        for key in self.list_keys(owner):
            if key.id == key_id:
                return key
        raise NotFound("You have no API key with this id.")

    def delete_key(self, owner: str, key_id: str) -> None:
        """The key is refused from this moment on. Raises NotFound if the owner has no such key."""
        if not self._accounts.delete_key(owner, key_id):
            raise NotFound("You have no API key with this id.")
        self.keyring.remove(key_id)

    def store_key_uses(self) -> None:
        """Write down when keys were used last; to be called now and then."""
        self._accounts.note_key_use(self.keyring.take_uses())


def _why(credential: str | None, error: AuditTrailError) -> str:
    if not credential:
        return "no API key"
    return "wrong API key" if isinstance(error, NotAuthenticated) else "API key without ingest"
