"""Six source roots make one namespace package, and nothing of this machine is in the sources."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
ROOTS = [Path(root) for root in PROJECT["tool"]["hatch"]["build"]["dev-mode-dirs"]]


def _hidden(folders: tuple[str, ...]) -> bool:
    """Whether one of them is an environment or a cache."""
    return any(folder.startswith(".") or folder == "node_modules" for folder in folders)


def _sources() -> list[Path]:
    """The files under version control, or all of an unpacked source distribution."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        found = (path for path in ROOT.rglob("*") if path.is_file())
        return [path for path in found if not _hidden(path.relative_to(ROOT).parent.parts)]
    return [path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file()]


def test_the_namespace_has_no_init() -> None:
    """An __init__.py at the namespace root would hide the other roots in an editable install."""
    found = [root for root in ROOTS if (ROOT / root / "audittrail" / "__init__.py").exists()]
    assert not found


def test_wheel_and_editable_install_have_the_same_roots() -> None:
    """What an editable install imports is what the wheel packs."""
    build = PROJECT["tool"]["hatch"]["build"]
    packed = [Path(package) for package in build["targets"]["wheel"]["packages"]]
    assert packed == [root / "audittrail" for root in ROOTS]
    assert sorted(ROOTS) == sorted(path.relative_to(ROOT) for path in ROOT.glob("*/src"))


def test_the_checkers_look_at_all_roots() -> None:
    """No root escapes mypy, pyright or ruff."""
    roots = [str(root) for root in ROOTS]
    tools = PROJECT["tool"]
    assert sorted(tools["mypy"]["files"]) == sorted(roots)
    assert sorted(tools["pyright"]["include"]) == sorted(roots)
    assert sorted(tools["ruff"]["src"]) == sorted(roots)
    assert all(root in tools["mypy"]["mypy_path"] for root in roots)


@pytest.mark.parametrize("root", ROOTS, ids=str)
def test_each_part_says_that_it_is_typed(root: Path) -> None:
    """py.typed stands in every top package, so users' type checkers believe the annotations."""
    packages = [path.parent for path in (ROOT / root / "audittrail").glob("*/__init__.py")]
    if root == Path("otel_exporter/src"):
        packages.append(ROOT / root / "audittrail")
    assert packages
    assert not [package for package in packages if not (package / "py.typed").exists()]


def test_every_version_is_pinned_without_an_address() -> None:
    """constraints.txt pins versions, and names neither hosts nor files."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert [line for line in pins if not re.fullmatch(r"[\w.-]+==[\w.!+]+", line)] == []
    assert "duckdb==1.5.5" in pins


def test_no_index_is_named() -> None:
    """Sources say packages by name; where they come from is the business of who installs."""
    hosts = ("py" + "pi.org", "python" + "hosted", "registry." + "npm", "deb." + "debian")
    named = []
    for path in _sources():
        text = path.read_bytes()
        named += [f"{path}: {host}" for host in hosts if host.encode() in text]
    assert named == []


CLIENT = (
    "audittrail.callback_handler",
    "audittrail.content",
    "audittrail.errors",
    "audittrail.ingestor",
    "audittrail.otel_exporter",
    "audittrail.otel_exporter.auto",
    "audittrail.semconv",
    "audittrail.testing",
    "audittrail.testing.model_server",
    "audittrail.traceable",
)
HEAVY = {
    "audittrail.ablation",
    "audittrail.api",
    "audittrail.attribution",
    "audittrail.outbound",
    "audittrail.receiver",
    "audittrail.server",
    "audittrail.storage",
    "dash",
    "duckdb",
    "fastapi",
    "grpc",
    "langchain",
    "langchain_core",
    "langgraph",
    "numpy",
    "openai",
    "pyarrow",
    "pydantic",
    "pytest",
    "requests",
    "uvicorn",
}


@pytest.mark.parametrize("module", CLIENT)
def test_the_client_is_light(module: str) -> None:
    """Importing the client brings in neither the server's packages nor LangChain's, and what it
    sends by only when it sends."""
    code = f"import sys, {module}; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stdout.split()) == set()


def test_the_client_is_known_whole() -> None:
    """No part of the client escapes the guard above or the import rules."""
    folder = ROOT / "otel_exporter" / "src" / "audittrail"
    parts = {f"audittrail.{path.stem}" for path in folder.glob("*.py")}
    parts |= {f"audittrail.{path.parent.name}" for path in folder.glob("*/__init__.py")}
    assert parts <= set(CLIENT)
    [rule] = [
        contract
        for contract in PROJECT["tool"]["importlinter"]["contracts"]
        if contract["name"].startswith("The client")
    ]
    assert parts == set(rule["source_modules"])


def test_the_base_install_is_the_client() -> None:
    """Without extras nothing but OpenTelemetry and what it sends by is installed."""
    needed = {re.match(r"[\w-]+", line)[0] for line in PROJECT["project"]["dependencies"]}  # type: ignore[index]  # each begins with a name
    rest = {name for name in needed if not name.startswith("opentelemetry-")}
    assert rest == {"googleapis-common-protos", "grpcio", "requests", "urllib3"}
