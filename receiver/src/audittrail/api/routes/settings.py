"""What the server is set to, and what its users set for themselves."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from audittrail.accounts.retention import RETENTION, cutoff_ns, retention_days
from audittrail.api.dependencies import OwnerReading, Person, ReaderDep, ServicesDep
from audittrail.api.responses import Data, iso_time
from audittrail.api.schemas import Days, RetentionIn

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/settings", tags=["settings"])


@router.get("/pricing", summary="The pricing table, USD per million tokens")
def pricing(_: OwnerReading, services: ServicesDep) -> Response:
    """Models that are not listed are priced by the catalogue of genai-prices (``estimated``),
    then by the default rate (``default``), and are ``unpriced`` if there is none. ``problem``
    says why the file on disk is not in force."""
    table = services.pricer.table
    default = table.default
    models: list[dict[str, Any]] = [
        {**entry.model_dump(mode="json", by_alias=True), "source": "file"} for entry in table.models
    ]
    return Data(
        {
            "models": models,
            "default": default.model_dump(mode="json", by_alias=True) if default else None,
            "catalogue": "genai-prices",
            "problem": services.pricer.problem,
        }
    )


@router.get("/pricing/used", summary="How the models that you call are priced")
def used_pricing(reader: ReaderDep) -> Response:
    """By model: how many calls, the source of their costs and what they cost, of the newest 50,000
    model calls."""
    return Data([dict(row) for row in reader.models_used()])


@router.get("/retention", summary="How long your traces are kept")
def get_retention(owner: OwnerReading, services: ServicesDep) -> Response:
    """``days`` without news after which a trace is deleted; null keeps all."""
    return Data({"days": retention_days(services.store, owner)})


@router.put("/retention", summary="Set how long your traces are kept")
def set_retention(body: RetentionIn, owner: Person, services: ServicesDep) -> Response:
    """Deleting begins within a minute, and cannot be undone."""
    value = None if body.days is None else str(body.days)
    services.store.accounts.set_setting(owner, RETENTION, value)
    return Data({"days": body.days})


@router.get("/retention/preview", summary="What a retention would delete now")
def preview_retention(days: Annotated[Days, Query()], reader: ReaderDep) -> Response:
    before = cutoff_ns(days)
    return Data({"traces": reader.count_quiet_since(before), "before": iso_time(before)})
