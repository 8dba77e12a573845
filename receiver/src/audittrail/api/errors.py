"""From exceptions to answers. Nothing that a client does ends in a 500."""

from __future__ import annotations

import math

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response

from audittrail.accounts.throttle import TooManyAttempts
from audittrail.api.filter_query import BadFilter
from audittrail.api.responses import problem
from audittrail.errors import (
    AuditTrailError,
    Conflict,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    TooLarge,
    Unavailable,
)

__all__ = ["add_error_handlers"]

log = structlog.get_logger(__name__)


def add_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(AuditTrailError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _unknown)


async def _known(_: Request, error: Exception) -> Response:
    if isinstance(error, TooManyAttempts | Unavailable):
        status = 429 if isinstance(error, TooManyAttempts) else 503
        return problem(status, str(error), {"retry-after": str(math.ceil(error.retry_after))})
    if isinstance(error, NotAuthenticated):
        return problem(401, str(error), {"www-authenticate": "Bearer"})
    if isinstance(error, NotPermitted):
        return problem(403, str(error))
    if isinstance(error, NotFound):
        return problem(404, str(error))
    if isinstance(error, Conflict):
        return problem(409, str(error))
    if isinstance(error, TooLarge):
        return problem(413, str(error))
    if isinstance(error, BadFilter):
        told = {"message": str(error), "term": error.term, "suggestion": error.suggestion}
        return problem(422, told)
    if isinstance(error, InvalidInput):
        place = ["body", *error.field.split(".")] if error.field else ["request"]
        return problem(422, [{"loc": place, "msg": str(error), "type": "invalid"}])
    return problem(400, str(error))


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # Without what was sent: it may be a password.
    found = [
        {"loc": list(each["loc"]), "msg": each["msg"], "type": each["type"]}
        for each in error.errors()
    ]
    return problem(422, found)


async def _unknown(request: Request, error: Exception) -> Response:
    log.error("request failed", path=request.url.path, exc_info=error)
    return problem(500, "The server failed. What it stored is safe; the log says more.")
