"""Signing alerts, as the Standard Webhooks specification says.

A receiver computes HMAC-SHA256 of ``{webhook-id}.{webhook-timestamp}.{body}`` with its secret and
compares; libraries for it exist in most languages. The timestamp keeps an old message from being
sent again by somebody else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Final

__all__ = ["new_secret", "signed_headers"]

_PREFIX: Final = "whsec_"
_BYTES: Final = 32


def new_secret() -> str:
    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def signed_headers(secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers; ``timestamp`` in seconds."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{digest}",
    }
