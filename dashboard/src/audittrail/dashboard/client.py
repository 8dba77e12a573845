"""The REST API as the dashboard uses it, in the same process or over the network."""

from __future__ import annotations

from typing import Any, Final

import httpx

__all__ = ["ApiClient", "ApiError"]

_SECONDS: Final = 15.0
_PAGE: Final = 1000
_MAX_SPANS: Final = 20_000


class ApiError(Exception):
    """The API refused, or could not be reached; ``status`` is its HTTP status, 0 if not reached."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class ApiClient:
    """``token`` is what the user's browser holds; in local mode none is needed."""

    def __init__(self, base_url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._client = httpx.AsyncClient(base_url=base_url, transport=transport, timeout=_SECONDS)

    async def close(self) -> None:
        await self._client.aclose()

    async def health(self) -> dict[str, Any]:
        return await self._request("GET", "/api/v1/health", None)

    async def log_in(self, email: str, password: str, address: str, *, new: bool = False) -> str:
        """An access token. ``address`` is whose attempt it is: the API limits those of each."""
        path = "/api/v1/auth/register" if new else "/api/v1/auth/login"
        body = {"email": email, "password": password}
        headers = {"x-forwarded-for": address}
        answer = await self._request("POST", path, None, json=body, headers=headers)
        return str(answer["data"]["access_token"])

    async def traces(self, token: str | None, limit: int = 100) -> list[dict[str, Any]]:
        answer = await self._request("GET", "/api/v1/traces", token, params={"limit": limit})
        found: list[dict[str, Any]] = answer["data"]
        return found

    async def trace(self, token: str | None, trace_id: str) -> dict[str, Any]:
        answer = await self._request("GET", f"/api/v1/traces/{trace_id}", token)
        found: dict[str, Any] = answer["data"]
        return found

    async def spans(self, token: str | None, trace_id: str) -> list[dict[str, Any]]:
        """All spans without payload, the first 20,000 of a larger trace."""
        found: list[dict[str, Any]] = []
        params: dict[str, Any] = {"fields": "", "limit": _PAGE}
        while len(found) < _MAX_SPANS:
            path = f"/api/v1/traces/{trace_id}/spans"
            answer = await self._request("GET", path, token, params=params)
            found += answer["data"]
            if answer["next_cursor"] is None:
                break
            params["cursor"] = answer["next_cursor"]
        return found

    async def span(self, token: str | None, trace_id: str, span_id: str) -> dict[str, Any]:
        answer = await self._request("GET", f"/api/v1/spans/{trace_id}/{span_id}", token)
        found: dict[str, Any] = answer["data"]
        return found

    async def _request(
        self, method: str, path: str, token: str | None, **how: Any
    ) -> dict[str, Any]:
        credentials = {"authorization": f"Bearer {token}"} if token else {}
        headers = {**credentials, **how.pop("headers", {})}
        try:
            response = await self._client.request(method, path, headers=headers, **how)
        except httpx.HTTPError as error:
            raise ApiError(0, f"The server cannot be reached: {error}") from error
        if response.is_success:
            answer: dict[str, Any] = response.json()
            return answer
        raise ApiError(response.status_code, _problem(response))


def _problem(response: httpx.Response) -> str:
    try:
        detail = response.json()["detail"]
    except (ValueError, KeyError):
        return f"The server answered {response.status_code}."
    if isinstance(detail, list):
        return "; ".join(str(each.get("msg")) for each in detail)
    return str(detail)
