"""Reading docker-compose.yml as Compose does: anchors, and ``${...}`` from an environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
COMPOSE_FILE = ROOT / "docker-compose.yml"

_REFERENCE = re.compile(
    r"\$(?:(?P<escaped>\$)|(?P<plain>[A-Za-z_]\w*)"
    r"|\{(?P<name>[A-Za-z_]\w*)(?:(?P<how>:?[-?])(?P<text>[^}]*))?\})"
)


class Missing(Exception):
    """A variable that must be set is not; the message is the one the file gives."""


def interpolate(text: str, environment: Mapping[str, str]) -> str:
    """``$NAME``, ``${NAME}``, ``:-`` and ``-`` (default), ``:?`` and ``?`` (required), ``$$``."""

    def value(found: re.Match[str]) -> str:
        if found["escaped"]:
            return "$"
        name, how, given = found["plain"] or found["name"], found["how"] or "", found["text"]
        there = environment.get(name)
        if there is None or (there == "" and how.startswith(":")):
            if how.endswith("?"):
                raise Missing(f"{name}: {given}")
            return given if how.endswith("-") else there or ""
        return there

    return _REFERENCE.sub(value, text)


def _filled(node: Any, environment: Mapping[str, str]) -> Any:
    if isinstance(node, str):
        return interpolate(node, environment)
    if isinstance(node, list):
        return [_filled(each, environment) for each in node]
    if isinstance(node, dict):
        return {key: _filled(each, environment) for key, each in node.items()}
    return node


def read_compose(environment: Mapping[str, str]) -> dict[str, Any]:
    """The whole file. Raises Missing."""
    return dict(_filled(yaml.safe_load(COMPOSE_FILE.read_text()), environment))


def referenced() -> dict[str, str]:
    """The variables that the file takes from its environment, each with its default."""
    found = (each for each in _REFERENCE.finditer(_without_comments()) if each["name"])
    return {each["name"]: each["text"] if each["how"] == ":-" else "" for each in found}


def passed_on() -> set[str]:
    """The variables that services get under their own name, if they are set."""
    services = yaml.safe_load(COMPOSE_FILE.read_text())["services"]
    return {
        name
        for service in services.values()
        for name, value in service["environment"].items()
        if value is None
    }


def _without_comments() -> str:
    return re.sub(r"(?m)(^|\s)#.*$", "", COMPOSE_FILE.read_text())


@dataclass(frozen=True)
class Published:
    """A port of a service that is reachable from outside its container's network."""

    host: str
    port: int
    container_port: int


@dataclass(frozen=True)
class Service:
    """One service, with every reference filled in."""

    name: str
    given: Mapping[str, Any]
    environment: Mapping[str, str]

    @property
    def command(self) -> list[str]:
        return list(self.given["command"])

    @property
    def healthcheck(self) -> list[str]:
        kind, *words = self.given["healthcheck"]["test"]
        assert kind == "CMD", "run as it is, without a shell"
        return list(words)

    @property
    def published(self) -> list[Published]:
        """From ``host:port:container_port``."""
        parts = [str(each).rsplit(":", 2) for each in self.given.get("ports", ())]
        return [Published(host, int(port), int(inner)) for host, port, inner in parts]

    @property
    def container_ports(self) -> set[int]:
        exposed = {int(port) for port in self.given.get("expose", ())}
        return exposed | {each.container_port for each in self.published}

    @property
    def waits_for(self) -> list[str]:
        return list(self.given.get("depends_on", ()))

    @property
    def is_built(self) -> bool:
        """From this checkout, and not somebody else's image."""
        return "build" in self.given


def read_services(environment: Mapping[str, str]) -> dict[str, Service]:
    """All services, each after those it waits for."""
    given = read_compose(environment)["services"]
    found = {
        name: Service(
            name,
            service,
            {
                variable: str(environment[variable] if value is None else value)
                for variable, value in service["environment"].items()
                if value is not None or variable in environment
            },
        )
        for name, service in given.items()
    }
    ordered: dict[str, Service] = {}
    while len(ordered) < len(found):
        ready = [
            each
            for each in found.values()
            if each.name not in ordered and ordered.keys() >= set(each.waits_for)
        ]
        assert ready, "services wait for each other"
        ordered |= {each.name: each for each in ready}
    return ordered
