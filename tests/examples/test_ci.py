"""The gates for CI: as far as they can be run here."""

from __future__ import annotations

import itertools
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from audittrail.rules.shipped import default_rules_dir
from tests.examples.running import EXAMPLES, environment
from tests.server.test_cli_rules import otlp_json, rules_in
from tests.support.commands import run_command
from tests.support.judging import kept_judge

BIN: Final = Path(sys.executable).parent


def load(name: str) -> Any:
    return yaml.safe_load((EXAMPLES / "ci" / name).read_text("utf-8"))


def commands() -> list[str]:
    """Every command of ours in the two files."""
    found = [
        step["run"]
        for job in load("github-actions.yml")["jobs"].values()
        for step in job["steps"]
        if step.get("run", "").startswith("audittrail ")
    ]
    for hook in load("pre-commit-config.yaml")["repos"][0]["hooks"]:
        files = "" if hook.get("pass_filenames") is False else " traces/run.otlp.json"
        found.append(hook["entry"] + files)
    return found


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A project with rules and a recorded trace."""
    rules_in(tmp_path / "rules")
    shutil.copytree(default_rules_dir() / "constitution", tmp_path / "rules" / "constitution")
    (tmp_path / "traces").mkdir()
    otlp_json(tmp_path / "traces")
    return tmp_path


@pytest.fixture(scope="module", autouse=True)
def _judge() -> Iterator[None]:
    with kept_judge():
        yield


def ran(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What a shell would run, in this process: each is one command of ours, some with files."""
    program, *words = shlex.split(command)
    assert program == "audittrail"
    files = {word: sorted(folder.glob(word)) for word in words if "*" in word}
    told = [[str(f.relative_to(folder)) for f in files.get(word, ())] or [word] for word in words]
    return run_command(*itertools.chain.from_iterable(told), folder=folder)


@pytest.mark.parametrize("command", commands())
def test_a_good_release_passes(command: str, checkout: Path) -> None:
    """Each command exits with 0 for rules and traces that are all right."""
    done = ran(command, checkout)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_shell_stops_at_a_bad_release(checkout: Path) -> None:
    """Typed into the shell of a workflow, the gate is a process whose status ends the step."""
    shutil.rmtree(checkout / "rules" / "constitution")
    rules_in(checkout / "rules" / "constitution")
    [gate, *_] = [command for command in commands() if command.startswith("audittrail check")]
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"{gate}\ntrue"],
        cwd=checkout,
        env={**environment(), "PATH": os.pathsep.join([str(BIN), os.environ["PATH"]])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr


def test_a_bad_release_is_stopped(checkout: Path) -> None:
    """A recorded trace that breaks a grave rule stops the workflow and the hook; the reports that
    the workflow uploads are written."""
    shutil.rmtree(checkout / "rules" / "constitution")
    rules_in(checkout / "rules" / "constitution")
    gates = [command for command in commands() if command.startswith("audittrail check")]
    assert len(gates) == 2
    for command in gates:
        done = ran(command, checkout)
        assert done.returncode == 1, done.stdout + done.stderr
    workflow = load("github-actions.yml")["jobs"]["rules"]["steps"]
    assert (checkout / workflow[-1]["with"]["sarif_file"]).exists()
    assert (checkout / "junit.xml").exists()


def test_the_workflow_installs_what_it_runs() -> None:
    """The distribution's name with the extra that has the command."""
    steps = load("github-actions.yml")["jobs"]["rules"]["steps"]
    (install,) = [step["run"] for step in steps if "pip install" in step.get("run", "")]
    assert "audittrail-otel[server]" in shlex.split(install)
