"""Asking a server for ablations."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final, Self

import httpx

from audittrail.errors import Conflict, InvalidInput, NotFound, SettingsError

__all__ = ["AblationClient"]

_TIMEOUT: Final = 120.0
_EVERY: Final = 0.5
_ENDED: Final = ("complete", "cancelled", "failed")


class AblationClient:
    """For one trace. Raises SettingsError where the server does not answer or refuses, NotFound,
    InvalidInput and Conflict with what it says."""

    def __init__(self, address: str, key: str | None, trace_id: str) -> None:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(base_url=address, headers=headers, timeout=_TIMEOUT)
        self._path = f"/api/v1/traces/{trace_id}/ablation"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def preview(self, request: dict[str, Any]) -> dict[str, Any]:
        return self._ask("POST", "/preview", request)

    def begin(self, request: dict[str, Any]) -> dict[str, Any]:
        return self._ask("POST", "", request)

    def resume(self, run_id: str, limits: dict[str, Any]) -> dict[str, Any]:
        return self._ask("POST", f"/{run_id}/resume", limits)

    def cancel(self, run_id: str) -> dict[str, Any]:
        return self._ask("POST", f"/{run_id}/cancel")

    def follow(self, run: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The run, again and again until it is over; that last."""
        while True:
            yield run
            if run["state"] in _ENDED:
                return
            time.sleep(_EVERY)
            run = self._ask("GET", f"/{run['id']}")

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        try:
            answer = self._client.request(method, self._path + path, json=body)
        except httpx.HTTPError as error:
            raise SettingsError(
                f"{self._client.base_url} does not answer ({error}). Start `audittrail serve`, or "
                "name the server with --endpoint or AUDITTRAIL_API_URL."
            ) from None
        if answer.is_success:
            data: dict[str, Any] = answer.json()["data"]
            return data
        detail = _detail(answer)
        if answer.status_code in (401, 403):
            raise SettingsError(
                f"{self._client.base_url} refuses ({detail}). Give a key with --api-key or "
                "AUDITTRAIL_API_KEY; running an ablation needs the scope ingest."
            )
        kinds = {404: NotFound, 409: Conflict, 422: InvalidInput}
        raise kinds.get(answer.status_code, SettingsError)(detail)


def _detail(answer: httpx.Response) -> str:
    try:
        detail = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return f"it answered {answer.status_code}: {answer.text[:300]}"
    if isinstance(detail, list):
        return "; ".join(f"{'.'.join(map(str, each['loc'][1:]))}: {each['msg']}" for each in detail)
    return str(detail)
