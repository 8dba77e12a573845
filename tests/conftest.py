"""Fixtures for all tests: real servers, and people who use them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

from audittrail.rules.shipped import default_rules_dir
from tests.support.machine import slowness
from tests.support.people import Person, new_person
from tests.support.servers import Server, running_server

# Fixed examples: a test run is the same every time. `make fuzz` looks for new ones.
settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile(
    "fuzz", parent=settings.get_profile("ci"), derandomize=False, max_examples=3000
)
settings.load_profile("ci")

_LONGEST_SECONDS: Final = 20.0


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A test that takes long fails unless it is marked ``slow`` or ``long``: the suite stays one
    that people run. The limit grows with the slowness of the machine."""
    report: pytest.TestReport = yield
    limit = _LONGEST_SECONDS * slowness()
    unmarked = not any(item.get_closest_marker(name) for name in ("slow", "long"))
    if report.passed and call.when == "call" and call.duration > limit and unmarked:
        report.outcome = "failed"
        report.longrepr = (
            f"It took {call.duration:.1f} s, more than {limit:.0f}. Make it cheaper, or mark it as "
            "long or slow, with a reason."
        )
    return report


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with accounts. Tests share it, each with users of its own."""
    folder = tmp_path_factory.mktemp("server")
    with running_server(folder, LOGIN_ATTEMPTS_PER_MINUTE="100000") as started:
        yield started


@pytest.fixture(scope="session")
def plain_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without rules, for folders whose tests send much and look at no violation: judging
    takes a fifth of a server's CPU."""
    folder = tmp_path_factory.mktemp("plain")
    rules = folder / "rules"
    rules.mkdir()
    shutil.copy(default_rules_dir() / "pricing.yaml", rules)
    with running_server(
        folder, LOGIN_ATTEMPTS_PER_MINUTE="100000", RULES_DIR=str(rules)
    ) as started:
        yield started


@pytest.fixture
def person(server: Server) -> Person:
    return new_person(server)


@pytest.fixture
def other(server: Server) -> Person:
    """Somebody else."""
    return new_person(server)


@pytest.fixture(scope="session")
def local_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server in local mode, with its dashboard."""
    folder = tmp_path_factory.mktemp("local")
    with running_server(folder, "--local", dashboard=True) as started:
        yield started
