"""The demonstration: sample data to look at without an account."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from audittrail.api.dependencies import ServicesDep
from audittrail.api.responses import Data
from audittrail.api.routes.accounts import address_of
from audittrail.errors import NotFound

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["accounts"])


@router.post("/auth/demo", summary="A token to look at sample data, without an account")
async def look_at_demo(request: Request, services: ServicesDep) -> Response:
    """For an hour, and for reading alone. 404 where the operator has switched the demonstration
    off."""
    if services.demo is None:
        raise NotFound(
            "This server shows no demonstration: its operator has switched it off "
            "(AUDITTRAIL_DEMO=off)."
        )
    token = await services.demo.enter(address_of(request))
    return Data({"access_token": token, "token_type": "bearer"})
