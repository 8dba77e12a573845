"""Where alerts may go: a user of the server must not make it ask things of its own network."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from audittrail import outbound
from audittrail.errors import InvalidInput

__all__ = ["resolve", "telling_what_to_set"]


def resolve(url: str, *, allow_private: bool) -> outbound.Target:
    """Look a URL's host up. Raises InvalidInput for what no alert is sent to."""
    with telling_what_to_set():
        return outbound.resolve(outbound.parse(url), allow_private=allow_private)


@contextlib.contextmanager
def telling_what_to_set() -> Iterator[None]:
    """For this block, a refusal of the server's own network says what an operator may set."""
    try:
        yield
    except outbound.OwnNetwork as error:
        raise InvalidInput(
            f"{error} If alerts may go there, the operator sets "
            "AUDITTRAIL_ALERT_PRIVATE_HOSTS=true.",
            field="url",
        ) from None
