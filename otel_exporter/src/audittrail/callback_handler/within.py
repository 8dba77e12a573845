"""Which run we are in, by LangChain's own account."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from langchain_core.runnables.config import var_child_runnable_config

__all__ = ["current_run_id"]


def current_run_id() -> UUID | None:
    """The run whose code calls us; None outside of all runs."""
    config: Any = var_child_runnable_config.get()
    callbacks = config.get("callbacks") if isinstance(config, dict) else None
    found = getattr(callbacks, "parent_run_id", None)
    return found if isinstance(found, UUID) else None
