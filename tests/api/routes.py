"""The routes of the API, as its own OpenAPI document lists them."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import httpx

from tests.support.servers import Server


class Operation(NamedTuple):
    """A method of a route. ``places`` are the parts of its path that vary, ``required`` holds a
    good value for each parameter that it cannot do without."""

    method: str
    path: str
    places: tuple[str, ...]
    query: tuple[str, ...]
    has_body: bool
    required: dict[str, str]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


_GOOD = {"days": "30", "ids": "0" * 32, "key": "model", "text": "a"}


def openapi(server: Server) -> dict[str, Any]:
    answer = httpx.get(server.api + "/openapi.json", timeout=30)
    assert answer.status_code == 200
    return dict(answer.json())


def operations(server: Server) -> list[Operation]:
    return [
        Operation(
            method.upper(),
            path,
            tuple(re.findall(r"\{(\w+)\}", path)),
            tuple(each["name"] for each in said.get("parameters", ()) if each["in"] == "query"),
            "requestBody" in said,
            {
                each["name"]: _GOOD[each["name"]]
                for each in said.get("parameters", ())
                if each["in"] == "query" and each["required"]
            },
        )
        for path, methods in openapi(server)["paths"].items()
        for method, said in methods.items()
    ]


def is_problem(answer: httpx.Response) -> bool:
    """Whether this is an error as all errors are: a text, what is wrong with which part,
    or with which term of a filter."""
    body = answer.json()
    if answer.headers["content-type"] != "application/json" or body.keys() != {"detail"}:
        return False
    detail = body["detail"]
    if isinstance(detail, str):
        return bool(detail)
    if isinstance(detail, dict):
        return detail.keys() == {"message", "term", "suggestion"} and bool(detail["message"])
    return bool(detail) and all(each.keys() == {"loc", "msg", "type"} for each in detail)
