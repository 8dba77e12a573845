"""What the server is set to."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from audittrail.api.dependencies import OwnerReading, ServicesDep
from audittrail.api.responses import Data

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
