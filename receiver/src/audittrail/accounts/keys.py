"""API keys: made once, stored as a hash, looked up from memory."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from audittrail.accounts.ids import new_id
from audittrail.accounts.principal import SCOPES, Principal
from audittrail.errors import InvalidInput
from audittrail.storage import AccountStore, ApiKey

__all__ = ["KEY_PREFIX", "Keyring", "NewKey", "add_key", "hash_secret", "new_secret"]

KEY_PREFIX: Final = "sk-at-"
_SHOWN: Final = len(KEY_PREFIX) + 6
_MAX_NAME: Final = 200


class NewKey(NamedTuple):
    """A key at the only moment when its secret is known."""

    key: ApiKey
    secret: str


def new_secret() -> tuple[str, str]:
    """(secret, what of it may be shown later). The secret holds 192 random bits."""
    secret = KEY_PREFIX + secrets.token_hex(24)
    return secret, secret[:_SHOWN]


def hash_secret(secret: str) -> str:
    """SHA-256 is enough for a secret that cannot be guessed."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def add_key(accounts: AccountStore, owner: str, name: str, scopes: Sequence[str]) -> NewKey:
    """Make a key and store its hash. Raises InvalidInput for an empty name or an unknown scope."""
    name = name.strip()
    if not name or len(name) > _MAX_NAME:
        raise InvalidInput(f"A key needs a name of 1 to {_MAX_NAME} characters.", field="name")
    if not scopes or set(scopes) - set(SCOPES):
        raise InvalidInput(f"Scopes must be one or both of {', '.join(SCOPES)}.", field="scopes")
    secret, shown = new_secret()
    key = ApiKey(
        id=new_id("k"),
        owner=owner,
        name=name,
        scopes=[scope for scope in SCOPES if scope in scopes],
        prefix=shown,
        secret_hash=hash_secret(secret),
        created_ns=time.time_ns(),
        last_used_ns=None,
    )
    accounts.add_key(key)
    return NewKey(key, secret)


class Keyring:
    """All keys by the hash of their secret. A key that is removed is refused at once."""

    def __init__(self, keys: Iterable[ApiKey]) -> None:
        self._lock = threading.Lock()
        self._by_hash = {key.secret_hash: key for key in keys}
        self._used_ns: dict[str, int] = {}

    def add(self, key: ApiKey) -> None:
        with self._lock:
            self._by_hash[key.secret_hash] = key

    def remove(self, key_id: str) -> None:
        with self._lock:
            for secret_hash, key in list(self._by_hash.items()):
                if key.id == key_id:
                    del self._by_hash[secret_hash]

    def find(self, secret: str) -> Principal | None:
        """Whom the secret belongs to; None if to nobody. Notes the use."""
        key = self._by_hash.get(hash_secret(secret))
        if key is None:
            return None
        self._used_ns[key.id] = time.time_ns()
        return Principal(key.owner, frozenset(key.scopes), key.id)

    def last_used_ns(self, key: ApiKey) -> int | None:
        """When the key was used last, uses not stored yet included."""
        return self._used_ns.get(key.id, key.last_used_ns)

    def take_uses(self) -> dict[str, int]:
        """Uses since the last call, by key."""
        with self._lock:
            used, self._used_ns = self._used_ns, {}
        return used
