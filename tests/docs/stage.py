"""Where the blocks of a page are run: a folder, a shell's environment, and the test's servers."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from tests.docs.blocks import Block
from tests.docs.pip import pip_of
from tests.support.servers import Server, free_ports
from tests.support.tools import need

# Variables that are not from the page.
_OTHERS: Final = re.compile(
    r"(OTEL|AUDITTRAIL|OPENAI|OPENINFERENCE|TRACELOOP)_|.*_proxy$", re.IGNORECASE
)
_LIMIT_S: Final = 120
_END_S: Final = 20


@dataclass
class Stage:
    """``ports`` are the server's, by those that the documents name; ``environment`` grows by what
    the page exports; ``said`` is what the last block printed; ``seen_besides`` are spans that
    arrive and that the page does not show."""

    folder: Path
    ports: dict[str, str]
    environment: dict[str, str]
    seen_besides: str = ""
    said: str = ""
    complaints: str = ""
    groups: list[int] = field(default_factory=list)

    def here(self, text: str) -> str:
        """The text with the addresses of the documents replaced by those of the test's servers,
        and nothing else changed."""
        return _ADDRESS.sub(lambda found: f"{found[1]}:{self.ports[found[2]]}", text)

    def save(self, block: Block) -> None:
        assert block.name is not None
        path = self.folder / block.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.here(block.text), "utf-8")

    def shell(self, text: str) -> None:
        """Type it into a shell that stops at the first command that fails."""
        for program in ("curl", "openssl"):
            if re.search(rf"\b{program} ", text):
                need(program, program)
        keep = f"{_quoted(sys.executable)} -c {_quoted(_KEEP)}"
        self._run(["bash", "-euo", "pipefail", "-c", f"{self.here(text)}\n{keep}\n"])
        kept = (self.folder / ".environment").read_text().split("\0")
        self.environment = dict(each.split("=", 1) for each in kept if each)

    def script(self, program: str, name: str, text: str) -> None:
        (self.folder / name).write_text(self.here(text), "utf-8")
        self._run([program, name])

    def close(self) -> None:
        """End what blocks have left running in the background, each by its first process."""
        for group in self.groups:
            members = _members(group)
            first = {each.pid for each in members}
            for each in members:
                with contextlib.suppress(psutil.NoSuchProcess):
                    if each.ppid() not in first:
                        each.terminate()
        until = time.monotonic() + _END_S
        while any(map(_members, self.groups)):
            if time.monotonic() > until:
                left = [each for group in self.groups for each in _members(group)]
                for each in left:
                    each.kill()
                raise AssertionError(f"a block left something running that does not end: {left}")
            time.sleep(0.05)

    def _run(self, command: list[str]) -> None:
        # Files, for a pipe would be held open by what runs on in the background.
        said, complaints = (
            self.folder / f".{name}-{len(self.groups)}" for name in ("said", "complaints")
        )
        with said.open("wb") as out, complaints.open("wb") as err:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
            self.groups.append(process.pid)
            status = process.wait(_LIMIT_S)
        self.said, self.complaints = said.read_text(), complaints.read_text()
        assert status == 0, f"{self.said[-3000:]}\n{self.complaints[-6000:]}"


# The ports that the documents name, on this machine.
_ADDRESS: Final = re.compile(r"\b(localhost|127\.0\.0\.1):(3000|4317|4318|8000|8081)\b")
_KEEP: Final = (
    "import os, pathlib; "
    "pathlib.Path('.environment').write_text('\\0'.join(f'{k}={v}' for k, v in os.environ.items()))"
)


def new_stage(folder: Path, server: Server, model: str, programs: str) -> Stage:
    """``model`` is the base URL of the model server; ``programs`` the folder of ``python``, after
    those of other programs."""
    own_programs = folder / "bin"
    pip_of(Path(programs.split(os.pathsep)[-1]), own_programs)
    doors = {"8000": server.api, "4318": server.otlp_http, "4317": server.otlp_grpc}
    doors |= {"3000": server.dashboard or server.api, "8081": f":{free_ports(1)[0]}"}
    own = {name: text for name, text in os.environ.items() if not _OTHERS.match(name)}
    told = {
        # Where the server is, for blocks that leave it to the defaults.
        "AUDITTRAIL_ENDPOINT": server.otlp_http,
        "AUDITTRAIL_API_URL": server.api,
        "AUDITTRAIL_DASHBOARD_URL": doors["3000"].replace("127.0.0.1", "localhost"),
        "OTEL_EXPORTER_OTLP_ENDPOINT": server.otlp_http,
        "AUDITTRAIL_OTLP_GRPC_PORT": doors["4317"].rpartition(":")[2],
        # Local mode asks for no key, and minds none.
        "AUDITTRAIL_API_KEY": "sk-at-of-the-documents",
        "OPENAI_BASE_URL": model,
        "OPENAI_API_BASE": model,  # LlamaIndex's name for it
        "OPENAI_API_KEY": "sk-of-the-documents",
        "PATH": os.pathsep.join([str(own_programs), programs, os.environ["PATH"]]),
        "HOME": str(folder),
    }
    ports = {named: address.rpartition(":")[2] for named, address in doors.items()}
    return Stage(folder, ports, own | told)


def _members(group: int) -> list[psutil.Process]:
    """The processes of a group; nobody may be there to reap those that ended."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
