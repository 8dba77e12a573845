"""What docker-compose.yml promises that no process on this machine can show."""

from __future__ import annotations

import pytest
import yaml

from tests.deploy.compose_file import ROOT, Missing, Service, read_compose, read_services
from tests.deploy.image_file import read_stages

_SECRET = {"AUDITTRAIL_SECRET_KEY": "secret"}
SERVICES = read_services(_SECRET)
every_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


def test_three_services() -> None:
    """The server, the dashboard and the way in, each started after those it needs are healthy."""
    assert list(SERVICES) == ["audittrail", "dashboard", "proxy"]
    for service in SERVICES.values():
        conditions = service.given.get("depends_on", {}).values()
        assert all(each == {"condition": "service_healthy"} for each in conditions)
    assert SERVICES["proxy"].waits_for == ["audittrail", "dashboard"]


def test_ports() -> None:
    """The proxy alone is open to others; the server and the dashboard are for this machine."""
    ports = {
        name: [(each.host, each.port, each.container_port) for each in service.published]
        for name, service in SERVICES.items()
    }
    everywhere, here = "0.0.0.0", "127.0.0.1"
    assert ports == {
        "audittrail": [(here, 8000, 8000)],
        "dashboard": [(here, 3000, 3000)],
        "proxy": [(everywhere, 80, 8080), (everywhere, 4317, 4317), (everywhere, 4318, 4318)],
    }


def test_the_server_listens_where_the_proxy_looks() -> None:
    """Every address that the proxy passes on to is a port of a service."""
    environment = SERVICES["proxy"].environment
    targets = [value for name, value in environment.items() if name.startswith("PROXY_TO_")]
    assert len(targets) == 4
    for target in targets:
        name, _, port = target.partition(":")
        assert int(port) in SERVICES[name].container_ports
        assert port in SERVICES[name].environment.values()


def test_one_named_volume() -> None:
    """It is the server's data folder, and nothing else is kept."""
    assert list(read_compose(_SECRET)["volumes"]) == ["data"]
    users = {
        name: volume
        for name, service in SERVICES.items()
        for volume in service.given["volumes"]
        if str(volume).startswith("data:")
    }
    assert users == {"audittrail": f"data:{read_stages()[-1].environment['AUDITTRAIL_DATA_DIR']}"}


def test_folders_of_the_checkout() -> None:
    """What it takes from the checkout is there, and cannot be written to."""
    volumes = [each for service in SERVICES.values() for each in service.given["volumes"]]
    binds = [each.split(":") for each in volumes if str(each).startswith("./")]
    assert len(binds) == 2
    for source, _, mode in binds:
        assert (ROOT / source).exists()
        assert mode == "ro"
    assert (ROOT / "rules" / "pricing.yaml").is_file()


@every_service
def test_hardened(service: Service) -> None:
    """Each runs without root and capabilities, on a file system that it cannot change."""
    given = service.given
    # The image has a user of its own, which its tests look at.
    assert service.is_built or not str(given["user"]).startswith(("0", "root"))
    assert not service.is_built or "user" not in given
    assert given["read_only"] is True
    assert given["cap_drop"] == ["ALL"]
    assert given["security_opt"] == ["no-new-privileges:true"]
    assert not given.keys() & {"cap_add", "privileged", "network_mode", "pid"}


@every_service
def test_looked_after(service: Service) -> None:
    """Each has a health check, comes back by itself, and does not fill the disk with logs."""
    assert service.healthcheck
    assert service.given["restart"] == "unless-stopped"
    assert service.given["logging"]["options"].keys() == {"max-size", "max-file"}


@pytest.mark.parametrize("environment", [{}, {"AUDITTRAIL_SECRET_KEY": ""}], ids=["unset", "empty"])
def test_a_secret_key_is_needed(environment: dict[str, str]) -> None:
    """Without one nothing starts, and the message says how to make one."""
    with pytest.raises(Missing, match="openssl rand"):
        read_compose(environment)


def test_proxies_that_are_believed() -> None:
    """The server believes the network of its own containers, and no other."""
    networks = yaml.safe_dump(read_compose(_SECRET)["networks"])
    trusted = {
        service.environment["AUDITTRAIL_TRUSTED_PROXIES"]
        for service in SERVICES.values()
        if service.is_built
    }
    assert len(trusted) == 1
    assert f"subnet: {trusted.pop()}\n" in networks
