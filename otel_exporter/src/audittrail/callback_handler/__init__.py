"""LangChain and LangGraph, recorded: ``config={"callbacks": [AuditTrailCallbackHandler()]}``.

Importing this package does not import LangChain; asking it for the handler does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from audittrail.callback_handler.handler import AuditTrailCallbackHandler

__all__ = ["AuditTrailCallbackHandler"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        import langchain_core  # noqa: F401 - its absence has a remedy, other faults do not
    except ImportError as error:
        raise ImportError(
            f"{name} needs LangChain: pip install 'audittrail-otel[langchain]'"
        ) from error
    from audittrail.callback_handler.handler import (
        AuditTrailCallbackHandler,
    )

    globals()[name] = AuditTrailCallbackHandler
    return AuditTrailCallbackHandler


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
