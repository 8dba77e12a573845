"""The REST API as the dashboard uses it, in the same process or over the network."""

from __future__ import annotations

from typing import Any, Final

import httpx

__all__ = ["ApiClient", "ApiError"]

_SECONDS: Final = 15.0
# A search through a large store, or 100,000 spans, takes longer than the dashboard's own questions.
_PASSED_ON_SECONDS: Final = 120.0


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

    async def me(self, token: str | None) -> dict[str, Any]:
        """Whose token it is. Raises ApiError 401 if nobody's."""
        answer = await self._request("GET", "/api/v1/auth/me", token)
        found: dict[str, Any] = answer["data"]
        return found

    async def log_in(self, email: str, password: str, address: str, *, new: bool = False) -> str:
        """An access token. ``address`` is whose attempt it is: the API limits those of each."""
        path = "/api/v1/auth/register" if new else "/api/v1/auth/login"
        return await self._token(path, address, json={"email": email, "password": password})

    async def demo(self, address: str) -> str:
        """A token that reads the demonstration's data."""
        return await self._token("/api/v1/auth/demo", address)

    async def stream(
        self, method: str, path: str, *, query: str, headers: dict[str, str], content: bytes
    ) -> httpx.Response:
        """A browser's request passed on. The answer is not read yet; the caller closes it."""
        request = self._client.build_request(
            method,
            f"{path}?{query}" if query else path,
            headers=headers,
            content=content,
            timeout=_PASSED_ON_SECONDS,
        )
        return await self._client.send(request, stream=True)

    async def _token(self, path: str, address: str, **how: Any) -> str:
        headers = {"x-forwarded-for": address}
        answer = await self._request("POST", path, None, headers=headers, **how)
        return str(answer["data"]["access_token"])

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
