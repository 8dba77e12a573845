"""What the Node program says it sent, in the names of the API."""

from __future__ import annotations

import base64
from typing import Any

from tests.clients.python_told import told_attributes, told_value
from tests.clients.told import Told, told_status, without_nothing

_RARE = {"schema_url", "trace_state"} | {
    f"dropped_{name}_count" for name in ("attributes", "events", "links")
}


def node_span(said: Told) -> Told:
    """A span as ``told.mjs`` writes it."""
    rest = {name: value for name, value in said.items() if name not in ("status_code", "extra")}
    return _held(rest) | {
        **told_status(said["status_code"], said["status_message"]),
        "events": [_held(event) for event in said["events"]],
        "links": [_held(link) for link in said["links"]],
        "resource": _held(said["resource"]),
        "scope": _held(said["scope"]),
        "extra": without_nothing(**said["extra"]),
    }


def node_log(said: Told) -> Told:
    """A log record as ``told.mjs`` writes it."""
    return _held(said) | {
        "body": told_value(_plain(said["body"])),
        "resource": _held(said["resource"]),
        "scope": _held(said["scope"]),
    }


def _held(said: Told) -> Told:
    """With its attributes in the words of the API, and without what is rare and empty."""
    held = {name: value for name, value in said.items() if value or name not in _RARE}
    if "attributes" in said:
        held["attributes"] = told_attributes(_plain({"map": said["attributes"]}))
    return held


def _plain(said: Any) -> Any:
    """The Python value of one whose type ``told.mjs`` wrote beside it."""
    if not isinstance(said, dict):
        return said
    [(kind, value)] = said.items()
    if kind == "list":
        return [_plain(item) for item in value]
    if kind == "map":
        return {key: _plain(item) for key, item in value.items()}
    return {"int": int, "double": float, "bytes": base64.b64decode}[kind](value)
