"""Requests that the server makes to addresses that people name.

Whoever names one must not make the server ask things of its own network: names are looked up here,
every address is checked, and the connection goes to an address that was checked.
"""

from __future__ import annotations

from audittrail.outbound.addresses import Reach, reach
from audittrail.outbound.destination import Destination, parse
from audittrail.outbound.refusals import BadUrl, NotAllowed, NotFoundHost, OwnNetwork
from audittrail.outbound.resolving import Resolver, Target, look_up, resolve
from audittrail.outbound.transport import AsyncCheckedTransport, CheckedTransport

__all__ = [
    "AsyncCheckedTransport",
    "BadUrl",
    "CheckedTransport",
    "Destination",
    "NotAllowed",
    "NotFoundHost",
    "OwnNetwork",
    "Reach",
    "Resolver",
    "Target",
    "look_up",
    "parse",
    "reach",
    "resolve",
]
