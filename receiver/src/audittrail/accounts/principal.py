"""The one who asks."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

from audittrail.errors import NotPermitted

__all__ = ["SCOPES", "Principal", "Scope"]

Scope: TypeAlias = Literal["ingest", "read"]

SCOPES: Final[tuple[Scope, ...]] = ("ingest", "read")
_READ_ONLY: Final = "The demonstration is read only. Create an account for data of your own."


class Principal(NamedTuple):
    """Whose data is meant, and what may be done with it. ``key_id`` is None for a person.
    ``demo`` is whoever looks at the demonstration, who may read and nothing else."""

    owner: str
    scopes: frozenset[str]
    key_id: str | None = None
    demo: bool = False

    def require(self, scope: Scope) -> str:
        """The owner, if the scope is there; raises NotPermitted if not."""
        if scope not in self.scopes:
            if self.demo:
                raise NotPermitted(_READ_ONLY)
            held = ", ".join(sorted(self.scopes)) or "none"
            raise NotPermitted(
                f"This API key has the scope {held}; this needs {scope}. Create a key with the "
                f"scope {scope}."
            )
        return self.owner

    def require_person(self) -> str:
        """The owner, if a person asks; raises NotPermitted for an API key and for whoever looks
        at the demonstration."""
        if self.demo:
            raise NotPermitted(_READ_ONLY)
        if self.key_id is not None:
            raise NotPermitted("API keys cannot manage accounts or keys; log in and use the token.")
        return self.owner
