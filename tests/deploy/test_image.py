"""The Dockerfile is right, as far as that can be seen without an engine to build it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from audittrail.server.settings import Settings
from tests.deploy.compose_file import ROOT, read_services
from tests.deploy.image_file import Stage, files_below, is_sent, read_stages, sources
from tests.deploy.variables import meanings
from tests.support.servers import Server, free_ports
from tests.support.tools import SEARCH_PATH, need

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
BUILD, IMAGE = read_stages()
# Programs of Debian that the image's commands use, and the packages they are in.
_PACKAGES = {"groupadd": "passwd", "useradd": "passwd", "install": "coreutils"}


@pytest.fixture(scope="module")
def build_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working folder of the build stage after its COPYs: what is sent, and links as links."""
    folder = tmp_path_factory.mktemp("src")
    for copy in BUILD.all("COPY"):
        *taken, target = copy.words
        for source in taken:
            for file in files_below(source):
                if not is_sent(file.relative_to(ROOT)):
                    continue
                there = folder / target / (file.relative_to(ROOT / source))
                if (ROOT / source).is_file() and target.endswith("/"):
                    there = folder / target / file.name
                there.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, there, follow_symlinks=False)
    return folder


def _commands(stage: Stage) -> list[list[str]]:
    """The simple commands of its RUNs, in words."""
    texts = [text for run in stage.all("RUN") for text in run.rest.split("&&")]
    return [re.sub(r'"\$\((.*?)\)', '"', text).replace('"', "").split() for text in texts]


class TestContext:
    @pytest.mark.parametrize("source", [*sources(BUILD), *sources(IMAGE)])
    def test_what_is_copied_is_sent(self, source: str) -> None:
        """Everything that the build copies is there, and .dockerignore lets it through."""
        files = [each for each in files_below(source) if "__pycache__" not in each.parts]
        assert files
        assert [each for each in files if not is_sent(each.relative_to(ROOT))] == []

    @pytest.mark.parametrize(
        "path",
        [
            ".env",
            ".git/config",
            ".venv/bin/python",
            "data/audittrail.duckdb",
            "data/secret_key",
            "new-folder/notes.txt",
            "rules/src/audittrail/rules/__pycache__/table.cpython-312.pyc",
            "tests/conftest.py",
        ],
    )
    def test_nothing_else_is_sent(self, path: str) -> None:
        """Secrets, data, history and what a machine made for itself stay outside."""
        assert not is_sent(PurePosixPath(path))

    def test_links_lead_somewhere(self, build_folder: Path) -> None:
        """A file that is a link in the checkout has its target in the build as well."""
        links = [each for each in build_folder.rglob("*") if each.is_symlink()]
        assert links
        assert [each for each in links if not each.is_file()] == []


class TestBuild:
    def test_the_project_is_complete(self, build_folder: Path) -> None:
        """All that pyproject.toml wants for the wheel is where the wheel is built."""
        project = PROJECT["project"]
        needed = [project["readme"], *project["license-files"], "pyproject.toml"]
        assert [each for each in needed if not (build_folder / each).is_file()] == []
        for package in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]:
            files = (each for each in (ROOT / package).rglob("*") if each.is_file())
            kept = [each for each in files if "__pycache__" not in each.parts]
            assert kept
            missing = [
                each for each in kept if not (build_folder / each.relative_to(ROOT)).exists()
            ]
            assert missing == []

    @pytest.mark.wheel
    def test_wheel(self, build_folder: Path, tmp_path: Path) -> None:
        """The build stage's own command makes a wheel with every file of the source roots."""
        [words] = [words for words in _commands(BUILD) if words[:2] == ["pip", "wheel"]]
        command = [str(tmp_path) if each == "/dist" else each for each in words[1:]]
        subprocess.run([sys.executable, "-m", "pip", *command], cwd=build_folder, check=True)
        [wheel] = tmp_path.iterdir()
        kept = {
            str(each.relative_to(root))
            for root in ROOT.glob("*/src")
            for each in root.rglob("*")
            if each.is_file() and "__pycache__" not in each.parts
        }
        assert kept - set(zipfile.ZipFile(wheel).namelist()) == set()

    def test_python(self) -> None:
        """Both stages have the same Python, one that the project supports."""
        assert BUILD.base == IMAGE.base
        version = re.fullmatch(r"python:(3\.\d+)-slim", IMAGE.base)
        assert version
        assert SpecifierSet(PROJECT["project"]["requires-python"]).contains(version[1])
        classifiers = PROJECT["project"]["classifiers"]
        assert f"Programming Language :: Python :: {version[1]}" in classifiers

    def test_what_is_installed(self) -> None:
        """The wheel's extra exists, and all that it names has a tested version."""
        [install] = [words for words in _commands(IMAGE) if words[:2] == ["pip", "install"]]
        extras = re.findall(r"\[([a-z]+)\]", install[-1])
        assert extras == ["server"]
        wanted = [*PROJECT["project"]["dependencies"]]
        for extra in extras:
            wanted += PROJECT["project"]["optional-dependencies"][extra]
        lines = (ROOT / "constraints.txt").read_text().splitlines()
        pins = dict(each.split("==") for each in lines if not each.startswith("#"))
        pinned = {canonicalize_name(name): version for name, version in pins.items()}
        for each in map(Requirement, wanted):
            assert each.specifier.contains(pinned[canonicalize_name(each.name)]), each

    def test_mounts(self) -> None:
        """The wheel and the versions are where pip looks for them, and stay out of the image."""
        [run] = [each for each in IMAGE.all("RUN") if "pip install" in each.rest]
        mounts = [
            dict(part.split("=") for part in value.split(","))
            for name, value in run.options
            if name == "mount"
        ]
        assert {each["target"] for each in mounts} == {"/dist", "/constraints.txt"}
        [wheel] = [each for each in mounts if "from" in each]
        assert wheel["from"] == BUILD.name
        [build] = [words for words in _commands(BUILD) if words[:2] == ["pip", "wheel"]]
        assert build[build.index("--wheel-dir") + 1] == wheel["source"]
        for target in (each["target"] for each in mounts):
            assert re.search(rf"[ (]{target}\b", run.rest)


class TestCommands:
    @pytest.mark.parametrize(
        "words", [*_commands(BUILD), *_commands(IMAGE)], ids=lambda words: " ".join(words[:2])
    )
    def test_options_exist(self, words: list[str]) -> None:
        """Every program that builds the image has the options that are given to it."""
        program, *arguments = words
        if program == "pip":
            command = [sys.executable, "-m", "pip", arguments[0], "--help"]
        else:
            command = [need(program, _PACKAGES[program]), "--help"]
        environment = {**os.environ, "PATH": SEARCH_PATH, "LC_ALL": "C"}
        told = subprocess.run(
            command, capture_output=True, text=True, check=True, env=environment
        ).stdout
        options = [each.partition("=")[0] for each in arguments if each.startswith("--")]
        assert options
        assert [each for each in options if not re.search(rf"{each}\b", told)] == []

    @pytest.mark.parametrize("stage", [BUILD, IMAGE], ids=["build", "image"])
    def test_shell_syntax(self, stage: Stage) -> None:
        """The shell of the image, which is dash or another plain one, can read its RUNs."""
        for run in stage.all("RUN"):
            done = subprocess.run(["sh", "-n", "-c", run.rest], capture_output=True, check=False)
            assert (done.returncode, done.stderr) == (0, b"")

    def test_what_it_starts(self) -> None:
        """Without arguments it is the server: the command that the wheel installs, as in
        docker-compose.yml."""
        command = IMAGE.last("CMD")
        assert command.is_exec, "as process 1 it gets the signals that a shell would keep"
        assert command.words[0] in PROJECT["project"]["scripts"]
        server = read_services({"AUDITTRAIL_SECRET_KEY": "secret"})["audittrail"]
        assert command.words == server.command


class TestRunning:
    def test_user(self) -> None:
        """It runs as the user that it makes, by number, and nothing is done as root after that."""
        uid, _, gid = IMAGE.last("USER").rest.partition(":")
        [group], [user] = (
            [words for words in _commands(IMAGE) if words[0] == name]
            for name in ("groupadd", "useradd")
        )
        assert user[user.index("--uid") + 1] == uid
        assert group[group.index("--gid") + 1] == gid
        assert user[user.index("--gid") + 1] == group[-1]
        assert int(uid) >= 1000
        assert int(gid) >= 1000
        words = [each.word for each in IMAGE.instructions]
        assert not {"RUN", "COPY", "ADD"} & set(words[words.index("USER") :])

    def test_data(self) -> None:
        """Its one folder for data is a volume, and belongs to that user alone."""
        folder = IMAGE.environment["AUDITTRAIL_DATA_DIR"]
        assert IMAGE.last("VOLUME").words == [folder]
        assert IMAGE.last("WORKDIR").rest == folder
        [made] = [words for words in _commands(IMAGE) if words[0] == "install"]
        [user] = [words for words in _commands(IMAGE) if words[0] == "useradd"]
        assert made[-1] == folder
        assert made[made.index("--owner") + 1] == user[-1]
        assert made[made.index("--mode") + 1] == "0700"

    def test_settings(self) -> None:
        """What it sets are settings. Its host is one that others reach, so a server without a
        secret key does not start."""
        assert IMAGE.environment.keys() <= meanings().keys()
        assert IMAGE.environment["AUDITTRAIL_HOST"] == "0.0.0.0"

    def test_ports(self) -> None:
        """It exposes the ports that a server opens unless told otherwise."""
        default = Settings.model_fields
        names = ("port", "otlp_grpc_port", "otlp_http_port", "dashboard_port")
        assert IMAGE.last("EXPOSE").words == [str(default[name].default) for name in names]


class TestHealthCheck:
    def check(self, port: str, **environment: str) -> int:
        """The exit status of the image's check against a port of this machine."""
        program, *arguments = IMAGE.healthcheck
        assert program == "python"
        default = str(Settings.model_fields["port"].default)
        assert any(f"'127.0.0.1', {default}," in each for each in arguments)
        return subprocess.run(
            [sys.executable, *(each.replace(f" {default},", f" {port},") for each in arguments)],
            env={**os.environ, **environment},
            capture_output=True,
            timeout=60,
            check=False,
        ).returncode

    def test_passes(self, server: Server) -> None:
        """It passes against a running server, whatever proxy the environment names."""
        port = server.api.rpartition(":")[2]
        assert self.check(port) == 0
        proxy = f"http://127.0.0.1:{free_ports(1)[0]}"
        assert self.check(port, http_proxy=proxy, HTTP_PROXY=proxy) == 0

    def test_fails(self, server: Server) -> None:
        """It fails where nothing listens, and where something else answers."""
        assert self.check(str(free_ports(1)[0])) != 0
        assert self.check(server.otlp_http.rpartition(":")[2]) != 0
