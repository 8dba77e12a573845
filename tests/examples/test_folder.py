"""What lies beside the examples: requirements, and the overview."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.examples.running import EXAMPLES

REQUIREMENTS = sorted(EXAMPLES.glob("*/requirements.txt"))


@pytest.mark.parametrize("file", REQUIREMENTS, ids=lambda file: file.parent.name)
def test_requirements_are_what_is_tested(file: Path) -> None:
    """Each names a package that is here, in a version that fits."""
    lines = [line for line in file.read_text().splitlines() if line and line[0] != "#"]
    for requirement in map(Requirement, lines):
        assert metadata.version(requirement.name) in requirement.specifier, requirement


def test_the_overview_names_every_example() -> None:
    """And nothing that is not there."""
    said = (EXAMPLES / "README.md").read_text()
    files = [*EXAMPLES.glob("demo_*.py"), *EXAMPLES.glob("*/agent.*")]
    names = {str(path.relative_to(EXAMPLES)) for path in files} | {"langgraph-agent/template.py"}
    folders = {
        path.name for path in EXAMPLES.iterdir() if path.is_dir() and path.name[0] not in "._"
    }
    assert folders == {file.parent.name for file in REQUIREMENTS} | {"ci", "node"}
    assert {name for name in names if f"]({name})" not in said} == set()
    assert said.count("](") == len(names)
