"""What docs/deployment.md tells people to do works."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator

import grpc
import httpx
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.deploy.compose_file import read_services
from tests.deploy.outer_proxy import OuterProxy, block, running_outer_proxy
from tests.deploy.people import Visitor, export_by, new_address
from tests.deploy.topology import LOGIN_ATTEMPTS, OUTER_PROXY, Topology
from tests.deploy.variables import DEPLOYMENT
from tests.support.otlp import new_trace_id
from tests.support.people import PASSWORD

pytestmark = pytest.mark.slow

_IN_SERVER = re.compile(
    r"^docker compose (?P<how>exec|run)(?: --rm| -T)* audittrail (?P<words>audittrail .*)$"
)


def _commands(how: str) -> list[list[str]]:
    """The commands that it runs in the server's container, in their order."""
    lines = (_IN_SERVER.match(line) for line in DEPLOYMENT.read_text().splitlines())
    found = (line for line in lines if line and line["how"] == how)
    return [shlex.split(line["words"].replace("$(date +%F)", "today")) for line in found]


def _named(how: str, *start: str) -> list[str]:
    return next(words for words in _commands(how) if words[1 : 1 + len(start)] == list(start))


@pytest.fixture(scope="module")
def outer(topology: Topology, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OuterProxy]:
    moved = {
        "127.0.0.1:8080": topology.address("proxy", 8080),
        "127.0.0.1:4317": topology.address("proxy", 4317),
    }
    folder = tmp_path_factory.mktemp("outer")
    with running_outer_proxy(block(), moved, OUTER_PROXY, folder) as started:
        yield started


class TestCommands:
    def test_account_and_key(self, topology: Topology, visitor: Visitor) -> None:
        """The first account and its key are made while the server runs, and the key works."""
        topology.run("audittrail", _named("exec", "user", "add"), stdin=PASSWORD + "\n")
        told = topology.run("audittrail", _named("exec", "key", "create"))
        found = re.search(r"\bsk-at-\S+", told)
        assert found
        agent = Visitor(topology, "", found[0])
        trace_id = new_trace_id()
        agent.send(trace_id, "of the first agent")
        assert agent.span_names(trace_id) == ["of the first agent"]

    @pytest.mark.parametrize(
        "words", [["db", "check"], ["db", "compact"], ["reprice"], ["remap"]], ids=" ".join
    )
    def test_while_it_runs(self, topology: Topology, words: list[str]) -> None:
        """The commands of an operator work in the server's container as they are written."""
        assert topology.run("audittrail", _named("exec", *words))

    def test_backup_and_restore(self, topology: Topology, visitor: Visitor) -> None:
        """A backup of the running server brings back what was there, and not what came after.
        What was replaced is kept."""
        before, after = new_trace_id(), new_trace_id()
        visitor.send(before, "before")
        backup, restore = _named("exec", "db", "backup"), _named("run", "db", "restore")
        assert restore[-1] == backup[-1]
        topology.run("audittrail", backup)
        visitor.send(after, "after")
        with topology.without("audittrail"):
            topology.run("audittrail", restore)
        assert visitor.span_names(before) == ["before"]
        gone = httpx.get(f"{topology.web}/api/v1/traces/{after}", headers=visitor.headers)
        assert gone.status_code == 404
        data = topology.folder / "data"
        assert len(list(data.glob("audittrail.duckdb.before-*"))) == 1

    def test_every_command_is_one_of_these(self) -> None:
        """No command is in the document that these tests do not run."""
        tried: set[tuple[str, ...]] = {("db", "check"), ("db", "backup"), ("db", "restore")}
        tried |= {("db", "compact")}
        tried |= {("user", "add"), ("key", "create"), ("reprice",), ("remap",)}
        written = [tuple(words[1:]) for how in ("exec", "run") for words in _commands(how)]
        assert written
        assert [each for each in written if not {each[:1], each[:2]} & tried] == []


class TestPorts:
    def test_table(self) -> None:
        """The table of ports has what docker-compose.yml publishes, and to whom."""
        section = DEPLOYMENT.read_text().split("\n## What listens where\n")[1]
        told = re.findall(r"(?m)^\| (?:127\.0\.0\.1:)?(\d+)\b[^|]*\| ([a-z ]+?) \|", section)
        services = read_services({"AUDITTRAIL_SECRET_KEY": "secret"}).values()
        published = [each for service in services for each in service.published]
        assert sorted(told) == sorted(
            (str(each.port), "this machine" if each.host == "127.0.0.1" else "everybody")
            for each in published
        )


class TestTLS:
    def test_web(self, outer: OuterProxy, visitor: Visitor) -> None:
        """Behind the document's nginx the dashboard is there, and its cookie is for HTTPS alone."""
        form = {"email": visitor.email, "password": PASSWORD}
        with httpx.Client(base_url=outer.web, verify=outer.trust) as client:
            assert "<title>AuditTrail: " in client.get("/").text
            answer = client.post("/login", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/traces")
        assert "; secure" in answer.headers["set-cookie"].lower()

    def test_addresses(self, outer: OuterProxy, visitor: Visitor) -> None:
        """Clients are still told apart by the address that they come from."""
        answers = []
        for count in (LOGIN_ATTEMPTS + 1, 1):
            transport = httpx.HTTPTransport(verify=outer.trust, local_address=new_address())
            with httpx.Client(base_url=outer.web, transport=transport) as client:
                for number in range(count):
                    body = {"email": f"{number}-{visitor.email}", "password": "not this one"}
                    answers.append(client.post("/api/v1/auth/login", json=body).status_code)
        assert answers == [401] * LOGIN_ATTEMPTS + [429, 401]

    def test_grpc(self, outer: OuterProxy, visitor: Visitor) -> None:
        """The official exporter sends through it with TLS."""
        exporter = OTLPSpanExporter(
            endpoint=outer.web,
            credentials=grpc.ssl_channel_credentials(outer.certificate.read_bytes()),
            headers=visitor.headers,
        )
        assert visitor.span_names(export_by(exporter, "by tls")) == ["by tls"]

    def test_websocket(self, outer: OuterProxy, visitor: Visitor) -> None:
        """A page of its address gets live events."""
        with connect(
            f"wss://{outer.address}/ws",
            additional_headers=visitor.headers,
            origin=Origin(outer.web),
            ssl=outer.trust,
            proxy=None,
        ) as live:
            assert json.loads(live.recv(timeout=30))["type"] == "ready"
