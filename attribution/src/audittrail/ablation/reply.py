"""What came back over HTTP: bounded, and read as JSON or as an error that says what it is."""

from __future__ import annotations

import json
import re
from typing import Any, Final, NamedTuple

import httpx

from audittrail.ablation.failures import EndpointError

__all__ = ["Reply", "ServerError", "json_of", "read_reply", "server_error"]

# A long answer is some hundred KiB.
_LARGEST: Final = 4 * 2**20
_LARGEST_TEXT: Final = 300
_WEB_PAGE: Final = re.compile(r"\s*<(?:!doctype|html|head|body)\b", re.IGNORECASE)


class Reply(NamedTuple):
    status: int
    headers: httpx.Headers
    content: bytes

    @property
    def content_type(self) -> str:
        kind: str = self.headers.get("content-type", "")
        return kind.partition(";")[0].strip().lower()

    @property
    def is_web_page(self) -> bool:
        if self.content_type in ("text/html", "application/xhtml+xml"):
            return True
        return _WEB_PAGE.match(self.content[:200].decode("utf-8", "replace")) is not None


class ServerError(NamedTuple):
    """What the body of an error says, in whatever form."""

    message: str
    param: Any = None
    code: Any = None


async def read_reply(response: httpx.Response) -> Reply:
    """Raises EndpointError if it is too large, or packed although that was not asked for: what is
    packed has no bound."""
    if response.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
        raise EndpointError("The answer is compressed, which was not asked for.")
    content = bytearray()
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > _LARGEST:
            raise EndpointError(f"The answer is larger than {_LARGEST // 2**20} MiB.")
    return Reply(response.status_code, response.headers, bytes(content))


def json_of(reply: Reply) -> Any:
    """Raises EndpointError if it is none."""
    if reply.is_web_page:
        raise EndpointError("The answer is a web page. Is this the address of an API?")
    kind = reply.content_type
    if kind == "text/event-stream":
        raise EndpointError("The answer is a stream, although none was asked for.")
    if kind and not re.fullmatch(r"(?:application|text)/(?:[\w.-]+\+)?json", kind):
        raise EndpointError(f"The answer is {_cut(kind)}, not JSON.")
    try:
        return json.loads(reply.content)
    except (ValueError, RecursionError):
        raise EndpointError("The answer is no valid JSON.") from None


def server_error(reply: Reply) -> ServerError:
    """Of OpenAI, ``{"error": {...}}``; also bare, in a list, with ``detail``, or as plain text."""
    if reply.is_web_page:
        return ServerError("a web page")
    try:
        payload = json.loads(reply.content)
    except (ValueError, RecursionError):
        return ServerError(_cut(reply.content[: 8 * _LARGEST_TEXT].decode("utf-8", "replace")))
    if isinstance(payload, list) and payload:
        payload = payload[0]
    if not isinstance(payload, dict):
        return ServerError(_cut(str(payload)))
    error = payload.get("error", payload)
    if not isinstance(error, dict):
        return ServerError(_cut(str(error)))
    message = error.get("message") or error.get("detail") or ""
    if not isinstance(message, str):
        message = json.dumps(message, ensure_ascii=False)
    return ServerError(_cut(message), error.get("param"), error.get("code"))


def _cut(text: str) -> str:
    """On one line."""
    line = " ".join(re.sub(r"[\x00-\x1f\x7f]+", " ", text).split())
    return line if len(line) <= _LARGEST_TEXT else line[: _LARGEST_TEXT - 1] + "…"
