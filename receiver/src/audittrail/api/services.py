"""What the API is made of; built once by the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from audittrail.ablation.desk import AblationDesk
from audittrail.accounts.service import AccountService
from audittrail.receiver.pipeline import Pipeline
from audittrail.rules.alerting import Dispatcher
from audittrail.rules.enforcement.constitution import Constitution
from audittrail.rules.enforcement.inspector import Inspector
from audittrail.rules.pricing import Pricer
from audittrail.storage import Store

if TYPE_CHECKING:
    from audittrail.api.live import LiveHub

__all__ = ["Demonstration", "Services"]


class Demonstration(Protocol):
    """Sample data that anybody may look at."""

    async def enter(self, address: str) -> str:
        """A token for it, once the data is there. Raises TooManyAttempts."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """``idle_ns`` is how long a running trace may be silent before it counts as incomplete;
    ``demo`` is None where the demonstration is switched off."""

    store: Store
    accounts: AccountService
    pipeline: Pipeline
    pricer: Pricer
    constitution: Constitution
    inspector: Inspector
    dispatcher: Dispatcher
    ablations: AblationDesk
    live: LiveHub
    version: str
    idle_ns: int
    max_message_bytes: int
    cors_origins: Sequence[str] = ()
    local: bool = False
    demo: Demonstration | None = None
