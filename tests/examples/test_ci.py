"""The gates for CI: as far as they can be run here."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from audittrail.rules.shipped import default_rules_dir
from tests.examples.running import EXAMPLES, environment
from tests.server.test_cli_rules import otlp_json, rules_in

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


def ran(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(BIN), os.environ["PATH"]])
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env={**environment(), "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("command", commands())
def test_a_good_release_passes(command: str, checkout: Path) -> None:
    """Each command exits with 0 for rules and traces that are all right."""
    done = ran(command, checkout)
    assert done.returncode == 0, done.stdout + done.stderr


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
