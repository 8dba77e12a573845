"""Accounts and API keys."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from audittrail.accounts.principal import Principal
from audittrail.api.dependencies import CallerDep, Person, ServicesDep
from audittrail.api.responses import Data, iso_time
from audittrail.api.schemas import Credentials, KeyIn
from audittrail.storage import ApiKey, User

__all__ = ["address_of", "router"]

router = APIRouter(prefix="/api/v1", tags=["accounts"])


def address_of(request: Request) -> str:
    """Where a request is from; limits count by it."""
    return request.client.host if request.client else "unknown"


def _token(services: ServicesDep, user: User, status_code: int) -> Response:
    token = {"access_token": services.accounts.token_for(user), "token_type": "bearer"}
    return Data(token, status_code)


@router.post("/auth/register", summary="Create an account and log in")
def register(body: Credentials, request: Request, services: ServicesDep) -> Response:
    user = services.accounts.register(body.email, body.password, address_of(request))
    return _token(services, user, 201)


@router.post("/auth/login", summary="Log in")
def log_in(body: Credentials, request: Request, services: ServicesDep) -> Response:
    """The same answer, after the same time, for an unknown address and a wrong password."""
    user = services.accounts.log_in(body.email, body.password, address_of(request))
    return _token(services, user, 200)


@router.get("/auth/me", summary="Whose credentials are these?")
def me(principal: CallerDep, services: ServicesDep) -> Response:
    user = services.accounts.user(principal.owner)
    about = {"email": user.email, "created_at": iso_time(user.created_ns), "demo": principal.demo}
    return Data(about | _who(principal))


def _who(principal: Principal) -> dict[str, Any]:
    kind = "user" if principal.key_id is None else "api_key"
    return {"id": principal.owner, "kind": kind, "scopes": sorted(principal.scopes)}


def _key(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": list(key.scopes),
        "prefix": key.prefix,
        "created_at": iso_time(key.created_ns),
        "last_used_at": iso_time(key.last_used_ns),
    }


@router.post("/api-keys", summary="Create an API key; its secret is in this answer only")
def create_key(body: KeyIn, owner: Person, services: ServicesDep) -> Response:
    made = services.accounts.create_key(owner, body.name, body.scopes)
    return Data({**_key(made.key), "secret": made.secret}, 201)


@router.get("/api-keys", summary="Your API keys, without their secrets")
def list_keys(owner: Person, services: ServicesDep) -> Response:
    return Data([_key(key) for key in services.accounts.list_keys(owner)], next_cursor=None)


@router.get("/api-keys/{key_id}", summary="One API key, without its secret")
def get_key(key_id: str, owner: Person, services: ServicesDep) -> Response:
    return Data(_key(services.accounts.get_key(owner, key_id)))


@router.delete("/api-keys/{key_id}", summary="Delete an API key; it is refused at once")
def delete_key(key_id: str, owner: Person, services: ServicesDep) -> Response:
    services.accounts.delete_key(owner, key_id)
    return Data({"id": key_id, "deleted": True})
