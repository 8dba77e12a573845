"""``audittrail doctor`` against real servers: what it finds, and what it never does."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.server.doctor import agent_of, bare_environment, on_a_terminal, report
from tests.support.people import Person
from tests.support.servers import AUDITTRAIL, Server, free_ports


def test_a_good_set_up_has_no_complaint(person: Person, tmp_path: Path) -> None:
    """Everything is ok, and one span by each door, kept if wanted, can be read in the API."""
    found = report(tmp_path, "--keep", **agent_of(person.server, person.key))
    assert found.not_ok() == {}
    assert found.status == 0
    assert found.link is not None
    trace_id = found.link.rpartition("/")[2]
    spans = person.spans(trace_id)
    assert {span["name"] for span in spans} == {
        "audittrail doctor (http/protobuf)",
        "audittrail doctor (grpc)",
    }
    trace = person.get(f"/api/v1/traces/{trace_id}")
    assert (trace["status"], trace["missing_parents"]) == ("complete", 0)
    assert person.email in found.checks["Key"]["found"]


def test_what_it_sends_is_deleted_again(person: Person, tmp_path: Path) -> None:
    """A trace by each of several runs, and nothing is left of any."""
    for _ in range(2):
        found = report(tmp_path, **agent_of(person.server, person.key))
        assert found.checks["Reading back"]["status"] == "ok"
        assert found.checks["Deleting"]["status"] == "ok"
        assert found.link is None
    assert person.get("/api/v1/traces") == []


def test_text_shows_the_same_findings(person: Person, tmp_path: Path) -> None:
    """Without --json there is a line for each check, and the verdict."""
    variables = agent_of(person.server, person.key)
    done = subprocess.run(
        [AUDITTRAIL, "doctor"],
        env={**bare_environment(), **variables},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    for name in report(tmp_path, **variables).checks:
        assert f"ok       {name}: " in done.stdout
    assert "Spans arrive." in done.stdout


def test_local_mode_needs_no_key(local_server: Server) -> None:
    """Beside a server in local mode nothing is missing; the link leads to the dashboard, and the
    server's folder is examined."""
    environment = {**local_server.environment, **agent_of(local_server)}
    found = report(local_server.folder, "--keep", **environment)
    assert found.not_ok() == {}
    assert found.link is not None
    assert found.link.startswith(f"{local_server.dashboard}/traces/")
    assert {"Data folder", "Disk", "Database", "Secret key"} <= found.checks.keys()


def test_grpc_can_be_what_the_agent_speaks(person: Person, tmp_path: Path) -> None:
    """An agent that speaks gRPC is examined through its endpoint."""
    variables = agent_of(person.server, person.key)
    variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://{person.server.otlp_grpc}"
    variables["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc"
    variables["AUDITTRAIL_OTLP_HTTP_PORT"] = person.server.otlp_http.rpartition(":")[2]
    found = report(tmp_path, **variables)
    assert found.not_ok() == {}
    assert person.server.otlp_grpc in found.checks["Span over gRPC"]["found"]


def test_an_unknown_key_is_told_and_never_shown(server: Server, tmp_path: Path) -> None:
    """The key's line says who refused it, spans are refused too, and no line holds the key."""
    key = "sk-at-0123456789abcdef0123456789abcdef"
    found = report(tmp_path, **agent_of(server, key))
    assert found.status == 1
    assert found.not_ok() == {
        "Key": "failed",
        "Span over HTTP": "failed",
        "Span over gRPC": "warning",
    }
    assert "sk-at-012345…" in found.checks["Key"]["found"]
    assert "audittrail key create" in found.checks["Key"]["remedy"]
    assert key not in found.text


def test_a_missing_key_is_told(server: Server, tmp_path: Path) -> None:
    """A server with accounts and an agent without a key."""
    found = report(tmp_path, **agent_of(server))
    assert found.status == 1
    assert "There is no key" in found.checks["Key"]["found"]


def test_a_key_that_may_only_send_is_enough(person: Person, tmp_path: Path) -> None:
    """It cannot read the span back, which is a warning and no failure; the span is there."""
    found = report(tmp_path, **agent_of(person.server, person.new_key("ingest")))
    assert found.status == 0
    assert found.not_ok() == {"Reading back": "warning"}
    assert found.link is not None
    assert len(person.spans(found.link.rpartition("/")[2])) == 2


def test_a_key_that_may_only_read_is_not(person: Person, tmp_path: Path) -> None:
    """The scope is named, and how to get another key."""
    found = report(tmp_path, **agent_of(person.server, person.new_key("read")))
    assert found.status == 1
    assert found.checks["Key"]["status"] == "failed"
    assert "--scope ingest" in found.checks["Key"]["remedy"]


def test_an_access_token_is_no_key_for_an_agent(person: Person, tmp_path: Path) -> None:
    """It works, and the doctor says that it ends."""
    found = report(tmp_path, **agent_of(person.server, person.token))
    assert found.not_ok() == {"Key": "warning"}
    assert person.token not in found.text


def test_lines_stay_within_a_terminal(tmp_path: Path) -> None:
    """At 80 columns nothing is wider, and no word is broken: remedies are there to be copied."""
    api, otlp, grpc = free_ports(3)
    told = on_a_terminal(
        [
            AUDITTRAIL,
            "doctor",
            f"--endpoint=http://127.0.0.1:{otlp}",
            f"--api-url=http://127.0.0.1:{api}",
        ],
        {**bare_environment(), "AUDITTRAIL_OTLP_GRPC_PORT": str(grpc)},
        tmp_path,
    )
    lines = told.splitlines()
    assert max(map(len, lines)) <= 80
    assert any("audittrail serve --local" in line for line in lines)
    assert any(line.startswith("2 failed, 1 warning. ") for line in lines)


def test_nobody_at_home(tmp_path: Path) -> None:
    """Without a server: failures that say how to start one, and a quick end."""
    api, otlp, grpc = free_ports(3)
    found = report(
        tmp_path,
        f"--endpoint=http://127.0.0.1:{otlp}",
        f"--api-url=http://127.0.0.1:{api}",
        AUDITTRAIL_OTLP_GRPC_PORT=str(grpc),
    )
    assert found.status == 1
    assert found.not_ok() == {
        "Port of API": "failed",
        "Port of OTLP/HTTP": "failed",
        "Port of OTLP/gRPC": "warning",
    }
    assert "audittrail serve --local" in found.checks["Port of API"]["remedy"]


def test_http_to_the_port_of_grpc(person: Person, tmp_path: Path) -> None:
    """The commonest mistake is named twice: in the settings and where the span is lost."""
    variables = agent_of(person.server, person.key)
    variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://{person.server.otlp_grpc}"
    found = report(tmp_path, **variables)
    assert found.status == 1
    assert "speaks gRPC" in found.checks["Protocol"]["found"]
    assert "speaks gRPC" in found.checks["Span over HTTP"]["remedy"]


def test_a_doubled_path_is_posted_as_exporters_do(person: Person, tmp_path: Path) -> None:
    """The general variable ends in /v1/traces: the doctor says so, and shows the 404."""
    variables = agent_of(person.server, person.key)
    variables["OTEL_EXPORTER_OTLP_ENDPOINT"] += "/v1/traces"
    found = report(tmp_path, **variables)
    assert found.status == 1
    assert "/v1/traces/v1/traces" in found.checks["Endpoint"]["found"]
    assert found.checks["Endpoint"]["remedy"].endswith(f"ENDPOINT={person.server.otlp_http}")
    assert "404" in found.checks["Span over HTTP"]["found"]


def test_two_servers_are_told_apart(local_server: Server, person: Person, tmp_path: Path) -> None:
    """Spans that go to one server and an API that is another's: acknowledged, not to be read."""
    variables = agent_of(person.server, person.key)
    variables["AUDITTRAIL_API_URL"] = local_server.api
    found = report(tmp_path, **variables)
    assert found.not_ok() == {"Reading back": "failed"}
    assert "two servers" in found.checks["Reading back"]["remedy"]


def test_a_proxy_in_the_way_of_loopback(person: Person, tmp_path: Path) -> None:
    """The variable is named without what is secret in it; NO_PROXY mends it. The other checks
    still reach the server."""
    variables = agent_of(person.server, person.key)
    variables["HTTP_PROXY"] = "http://me:hunter22@proxy.invalid:3128"
    found = report(tmp_path, **variables)
    assert found.not_ok() == {"Proxy": "warning"}
    assert "proxy.invalid:3128" in found.checks["Proxy"]["found"]
    assert "hunter22" not in found.text
    mended = report(tmp_path, **variables, NO_PROXY="localhost,127.0.0.1")
    assert mended.not_ok() == {}


def test_settings_that_cannot_be_read_do_not_stop_it(tmp_path: Path) -> None:
    """A wrong variable is a finding like any other."""
    (port,) = free_ports(1)
    # Nobody listens on this address, also not on the usual ports, which count without settings.
    found = report(tmp_path, f"--endpoint=http://127.8.8.8:{port}", AUDITTRAIL_PORT="eighty")
    assert found.checks["Settings"]["status"] == "warning"
    assert "AUDITTRAIL_PORT" in found.checks["Settings"]["found"]
    assert found.checks["Port of OTLP/HTTP"]["status"] == "failed"


def test_another_server_on_the_other_port_is_a_warning(
    local_server: Server, person: Person, tmp_path: Path
) -> None:
    """What the agent uses is well, and nothing is left there; the span over gRPC went to somebody
    else."""
    variables = agent_of(person.server, person.key)
    variables["AUDITTRAIL_OTLP_GRPC_PORT"] = local_server.otlp_grpc.rpartition(":")[2]
    found = report(tmp_path, **variables)
    assert found.status == 0
    assert found.not_ok() == {"Reading back": "warning"}
    assert person.get("/api/v1/traces") == []


def test_a_key_that_no_header_can_carry_is_not_sent(server: Server, tmp_path: Path) -> None:
    """A line break came along when it was copied: it is said, and the key is not."""
    key = "sk-at-0123456789ab\ncdef0123456789abcdef0123456789abcdef"
    found = report(tmp_path, f"--api-key={key}", **agent_of(server))
    assert found.checks["Key"]["status"] == "failed"
    assert "Copy it again" in found.checks["Key"]["remedy"]
    assert "cdef0123456789" not in found.text
