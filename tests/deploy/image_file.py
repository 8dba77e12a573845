"""Reading a Dockerfile and a .dockerignore as a build does."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath, PurePosixPath

from tests.deploy.compose_file import ROOT

DOCKERFILE = ROOT / "Dockerfile"
DOCKERIGNORE = ROOT / ".dockerignore"


@dataclass(frozen=True)
class Instruction:
    """``options`` are its ``--name=value`` flags, ``rest`` is what follows them."""

    word: str
    options: tuple[tuple[str, str], ...]
    rest: str

    def option(self, name: str) -> str | None:
        return dict(self.options).get(name)

    @property
    def words(self) -> list[str]:
        """The words of an exec form, or of a line without a shell."""
        return list(json.loads(self.rest)) if self.is_exec else shlex.split(self.rest)

    @property
    def is_exec(self) -> bool:
        return self.rest.startswith("[")


@dataclass
class Stage:
    base: str
    name: str
    instructions: list[Instruction] = field(default_factory=list)

    def all(self, word: str) -> list[Instruction]:
        return [each for each in self.instructions if each.word == word]

    def last(self, word: str) -> Instruction:
        return self.all(word)[-1]

    @property
    def environment(self) -> dict[str, str]:
        pairs = (pair for each in self.all("ENV") for pair in each.words)
        return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}

    @property
    def healthcheck(self) -> list[str]:
        """The words of its command, which must be in exec form."""
        command = self.last("HEALTHCHECK").rest.removeprefix("CMD").strip()
        return list(json.loads(command))


def read_stages() -> list[Stage]:
    stages: list[Stage] = []
    for instruction in _instructions(DOCKERFILE.read_text()):
        if instruction.word == "FROM":
            base, *name = instruction.words
            stages.append(Stage(base, name[-1] if name else ""))
        else:
            stages[-1].instructions.append(instruction)
    return stages


def _instructions(text: str) -> Iterator[Instruction]:
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    for line in filter(None, map(str.strip, joined.splitlines())):
        word, _, rest = line.partition(" ")
        options = []
        while found := re.match(r"--([a-z-]+)=(\S+)\s*", rest.lstrip()):
            options.append((found[1], found[2]))
            rest = rest.lstrip()[found.end() :]
        yield Instruction(word.upper(), tuple(options), rest.strip())


def sources(stage: Stage) -> list[str]:
    """What a stage takes from the checkout: by COPY, and by the bind mounts of RUN."""
    found = []
    for copy in stage.all("COPY"):
        if copy.option("from") is None:
            found += copy.words[:-1]
    for run in stage.all("RUN"):
        for name, value in run.options:
            mount = dict(part.partition("=")[::2] for part in value.split(","))
            if name == "mount" and mount["type"] == "bind" and "from" not in mount:
                found.append(mount["source"])
    return found


def is_sent(path: str | PurePath) -> bool:
    """Whether a path of the checkout is part of the build's context, by .dockerignore."""
    sent = True
    for line in DOCKERIGNORE.read_text().splitlines():
        pattern = line.strip()
        if pattern and not pattern.startswith("#"):
            again = pattern.startswith("!")
            if _covers(pattern.lstrip("!"), PurePosixPath(path)):
                sent = again
    return sent


def _covers(pattern: str, path: PurePosixPath) -> bool:
    """Whether a pattern matches a path or a folder above it."""
    expression = re.compile(
        re.escape(pattern.strip("/"))
        .replace(r"\*\*/", "(?:.*/)?")
        .replace(r"\*\*", ".*")
        .replace(r"\*", "[^/]*")
    )
    return any(expression.fullmatch(str(each)) for each in (path, *path.parents))


def files_below(source: str) -> Iterator[Path]:
    """The files of the checkout that a source stands for, whether they are sent or not."""
    there = ROOT / source
    yield from [there] if there.is_file() else (each for each in there.rglob("*") if each.is_file())
