"""The nginx with TLS that docs/deployment.md puts in front of a deployment."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.deploy.variables import DEPLOYMENT
from tests.support.servers import free_ports
from tests.support.tools import need

_SECONDS = 30


@dataclass(frozen=True)
class OuterProxy:
    """``address`` is its host and port, ``certificate`` what clients have to trust."""

    address: str
    certificate: Path

    @property
    def web(self) -> str:
        return f"https://{self.address}"

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.certificate)


def _make_certificate(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = [need("openssl", "openssl"), "req", "-x509", "-nodes", "-days", "2"]
    command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    command += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


def block(*, one_process: bool = False) -> str:
    """The document's server block, for the containers or for a server without any."""
    text = DEPLOYMENT.read_text()
    [server] = re.findall(r"```nginx\n(server \{.*?)```", text, re.DOTALL)
    if not one_process:
        return str(server)
    [instead] = re.findall(r"```nginx\n(    location / .*?)```", text, re.DOTALL)
    changed, count = re.subn(
        r"    location / \{.*?\n    \}\n", lambda _: instead, server, flags=re.DOTALL
    )
    assert count == 1
    return changed


def _configuration(server: str, moved: Mapping[str, str], source: str, folder: Path) -> str:
    """A server block with addresses and paths of this machine."""
    certificate, key = _make_certificate(folder)
    paths = {"/etc/ssl/audittrail.pem": str(certificate), "/etc/ssl/audittrail.key": str(key)}
    for there, here in {**moved, **paths}.items():
        assert server.count(there) == 1, there
        server = server.replace(there, here)
    temporary = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    lines = ["daemon off;", f"pid {folder / 'nginx.pid'};", "events {}", "http {"]
    lines += ["access_log off;", *(f"{each}_temp_path {folder / each};" for each in temporary)]
    lines += [f"proxy_bind {source};", f"grpc_bind {source};", server, "}"]
    return "\n".join(lines) + "\n"


@contextlib.contextmanager
def running_outer_proxy(
    server: str, moved: Mapping[str, str], source: str, folder: Path
) -> Iterator[OuterProxy]:
    """``moved`` are addresses of the block and what they are here; ``source`` is where its own
    connections come from."""
    [port] = free_ports(1)
    file = folder / "nginx.conf"
    moved = {"listen 443 ": f"listen 127.0.0.1:{port} ", **moved}
    file.write_text(_configuration(server, moved, source, folder))
    command = [need("nginx", "nginx-light"), "-e", "stderr", "-p", str(folder), "-c", str(file)]
    with (folder / "nginx.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        until = time.monotonic() + _SECONDS
        while not _listens(port):
            assert process.poll() is None, (folder / "nginx.log").read_text()
            assert time.monotonic() < until, "the outer proxy did not start"
            time.sleep(0.02)
        yield OuterProxy(f"127.0.0.1:{port}", folder / "certificate.pem")
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(_SECONDS)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
