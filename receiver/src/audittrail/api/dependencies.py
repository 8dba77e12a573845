"""Who asks, and through what they read. Every route gets its owner from here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from audittrail.accounts.principal import Principal
from audittrail.api.services import Services
from audittrail.receiver.http import credential_of
from audittrail.storage import TraceReader

__all__ = [
    "CallerDep",
    "OwnerReading",
    "OwnerSending",
    "OwnerWriting",
    "Person",
    "ReaderDep",
    "ServicesDep",
]

# For the documentation alone: the check itself also knows x-api-key.
_bearer = HTTPBearer(auto_error=False, description="An API key (sk-at-...) or an access token.")


def services(request: Request) -> Services:
    return cast(Services, request.app.state.services)


ServicesDep = Annotated[Services, Depends(services)]


def caller(
    request: Request, found: ServicesDep, _: Annotated[object, Depends(_bearer)]
) -> Principal:
    headers = request.headers
    credential = credential_of(headers.get("authorization"), headers.get("x-api-key"))
    return found.accounts.authenticate(credential)


CallerDep = Annotated[Principal, Depends(caller)]


def owner_reading(principal: CallerDep) -> str:
    return principal.require("read")


def owner_writing(principal: CallerDep) -> str:
    return principal.require("ingest")


def owner_sending(
    request: Request, found: ServicesDep, _: Annotated[object, Depends(_bearer)]
) -> str:
    headers = request.headers
    credential = credential_of(headers.get("authorization"), headers.get("x-api-key"))
    address = request.client.host if request.client else "unknown"
    return found.accounts.admit(credential, address, "REST")


def person(principal: CallerDep) -> str:
    return principal.require_person()


OwnerReading = Annotated[str, Depends(owner_reading)]
OwnerWriting = Annotated[str, Depends(owner_writing)]
OwnerSending = Annotated[str, Depends(owner_sending)]
Person = Annotated[str, Depends(person)]


def reader(found: ServicesDep, owner: OwnerReading) -> Iterator[TraceReader]:
    with found.store.read(owner) as opened:
        yield opened


ReaderDep = Annotated[TraceReader, Depends(reader)]
