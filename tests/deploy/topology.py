"""The services of docker-compose.yml as processes on loopback, without a container engine.

Commands, environments and health checks are those of the file (and of the image). Names of
services become 127.0.0.1, ports become free ones, volumes become folders.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.deploy.compose_file import ROOT, Service, read_services
from tests.deploy.image_file import read_stages
from tests.support.servers import SECRET_KEY, free_ports
from tests.support.tools import SEARCH_PATH, need

_SECONDS = 60
# What the server's image has on its PATH is here in the environment that runs the tests.
_BIN = Path(sys.executable).parent
_PACKAGES = {"nginx": "nginx-light", "curl": "curl"}
_TEMPLATE = "/etc/nginx/templates/nginx.conf.template"

# Stands for a proxy in front of the deployment's own.
OUTER_PROXY = "127.0.0.9"
MAX_MESSAGE_BYTES = 8 * 2**20
LOGIN_ATTEMPTS = 6
ENVIRONMENT: Mapping[str, str] = {
    "AUDITTRAIL_SECRET_KEY": SECRET_KEY,
    "AUDITTRAIL_MAX_MESSAGE_BYTES": str(MAX_MESSAGE_BYTES),
    "AUDITTRAIL_LOGIN_ATTEMPTS_PER_MINUTE": str(LOGIN_ATTEMPTS),
    "PROXY_NETWORK": "127.0.0.0/29",
    "PROXY_BEHIND": OUTER_PROXY,
}


class Topology:
    """All services. ``folder`` holds their volumes, temporary files and logs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.services = read_services(ENVIRONMENT)
        self._image = read_stages()[-1].environment
        inner = [
            (service.name, port)
            for service in self.services.values()
            for port in sorted(service.container_ports)
        ]
        self._ports = dict(zip(inner, free_ports(len(inner)), strict=True))
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    # Where things are

    def address(self, service: str, container_port: int) -> str:
        return f"127.0.0.1:{self._ports[service, container_port]}"

    @property
    def web(self) -> str:
        """The one address for browsers and for the API."""
        return f"http://{self.address('proxy', 8080)}"

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def _folders(self, service: Service) -> dict[str, Path]:
        """Paths within a container that are not its image's, and where they are here."""
        found = {"/tmp": self.folder / f"{service.name}-tmp"}
        for volume in service.given["volumes"]:
            if isinstance(volume, dict):
                found[volume["target"]] = self.folder / f"{service.name}-tmpfs"
                continue
            source, inner, *_ = volume.split(":")
            found[inner] = ROOT / source if source.startswith(".") else self.folder / source
        return found

    def _here(self, service: Service, text: str) -> str:
        """A text of a service, with the addresses and paths that hold here."""
        folders = self._folders(service)

        def port(found: re.Match[str]) -> str:
            there = (found["name"] or service.name, int(found["port"]))
            if there not in self._ports:
                return found[0]
            return f"127.0.0.1:{self._ports[there]}" if found["name"] else str(self._ports[there])

        names = "|".join(self.services)
        text = re.sub(rf"\b(?:(?P<name>{names}):)?(?<![\d.])(?P<port>\d+)\b", port, text)
        text = text.replace("0.0.0.0", "127.0.0.1")
        paths = "|".join(map(re.escape, folders))
        return re.sub(rf"(?<![\w/])({paths})(?=/|$)", lambda found: str(folders[found[0]]), text)

    # Running things

    def environment(self, name: str) -> dict[str, str]:
        """All that a process of this service has: nothing comes from outside the two files."""
        service = self.services[name]
        given = {**(self._image if service.is_built else {}), **service.environment}
        path = os.pathsep.join([str(_BIN), SEARCH_PATH])
        return {"PATH": path} | {key: self._here(service, text) for key, text in given.items()}

    def _command(self, name: str, words: Sequence[str]) -> list[str]:
        program, *arguments = (self._here(self.services[name], word) for word in words)
        here = _BIN / program
        return [str(here) if here.exists() else need(program, _PACKAGES[program]), *arguments]

    def start(self, name: str) -> None:
        """Start a service and wait until its own health check passes."""
        service = self.services[name]
        folders = self._folders(service)
        for folder in folders.values():
            if folder.parent == self.folder:
                folder.mkdir(exist_ok=True)
        command = self._command(name, service.command)
        environment = self.environment(name)
        if _TEMPLATE in folders:
            environment |= _local_resolvers()
            _fill_in(folders[_TEMPLATE], environment)
            if os.geteuid() == 0:
                # As root it would give up its rights, and with them its access to the folder.
                command += ["-g", "user root;"]
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                command,
                env=environment,
                cwd=folders.get("/data", folders["/tmp"]),
                stdout=log,
                stderr=log,
            )
        self.wait_until(lambda: self._is_up(name), f"{name} to be healthy")

    def _is_up(self, name: str) -> bool:
        ended = self._processes[name].poll()
        assert ended is None, f"{name} ended with {ended}:\n{self.log(name)[-3000:]}"
        return self.check_health(name) == 0

    def check_health(self, name: str, words: Sequence[str] = ()) -> int:
        """The exit status of the health check of docker-compose.yml, or of another one."""
        return self._run(name, words or self.services[name].healthcheck).returncode

    def run(self, name: str, words: Sequence[str], stdin: str = "") -> str:
        """What ``docker compose exec NAME WORDS...`` prints; it must succeed."""
        done = self._run(name, words, stdin)
        assert done.returncode == 0, f"{' '.join(words)}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def _run(
        self, name: str, words: Sequence[str], stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        folders = self._folders(self.services[name])
        return subprocess.run(
            self._command(name, words),
            env=self.environment(name),
            cwd=folders.get("/data", folders["/tmp"]),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )

    def stop(self, name: str) -> int:
        """Ask a service to end, by the signal of its image; returns its exit status."""
        process = self._processes.pop(name)
        process.send_signal(signal.SIGQUIT if name == "proxy" else signal.SIGTERM)
        try:
            return process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    @contextlib.contextmanager
    def without(self, name: str) -> Iterator[None]:
        """A block during which a service is down."""
        status = self.stop(name)
        try:
            # uvicorn alone, as the dashboard runs it, ends by the signal that it was sent.
            assert status in (0, -signal.SIGTERM), self.log(name)[-3000:]
            yield
        finally:
            self.start(name)

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + _SECONDS
        while not condition():
            assert time.monotonic() < until, f"waited {_SECONDS} s for {what}"
            time.sleep(0.05)

    def stop_all(self) -> None:
        for name in reversed(list(self._processes)):
            self.stop(name)


@contextlib.contextmanager
def running_topology(folder: Path) -> Iterator[Topology]:
    for program, package in _PACKAGES.items():
        need(program, package)
    topology = Topology(folder)
    try:
        for name in topology.services:
            topology.start(name)
        yield topology
    finally:
        topology.stop_all()


def _local_resolvers() -> dict[str, str]:
    """What the nginx image finds out for NGINX_ENTRYPOINT_LOCAL_RESOLVERS."""
    lines = map(str.split, Path("/etc/resolv.conf").read_text().splitlines())
    found = [words[1] for words in lines if len(words) > 1 and words[0] == "nameserver"]
    names = [f"[{each}]" if ":" in each else each for each in found]
    return {"NGINX_LOCAL_RESOLVERS": " ".join(names) or "127.0.0.1"}


def _fill_in(template: Path, environment: Mapping[str, str]) -> None:
    """Write the configuration as the nginx image does before it starts nginx."""
    wanted = re.compile(environment["NGINX_ENVSUBST_FILTER"])
    names = "|".join(name for name in environment if wanted.search(name))
    filled = re.sub(
        rf"\$\{{({names})\}}", lambda found: environment[found[1]], template.read_text()
    )
    folder = Path(environment["NGINX_ENVSUBST_OUTPUT_DIR"])
    (folder / template.name.removesuffix(".template")).write_text(filled)
