"""The environment variables of the settings, and the three places that tell people of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from audittrail.server.settings import Settings
from tests.deploy.compose_file import ROOT

EXAMPLE = ROOT / ".env.example"
CONFIGURATION = ROOT / "docs" / "configuration.md"
DEPLOYMENT = ROOT / "docs" / "deployment.md"


@dataclass(frozen=True)
class Entry:
    """What a text says about a variable; ``default`` is empty where there is none."""

    name: str
    default: str
    meaning: str


def meanings() -> dict[str, str]:
    """The variable of each setting, and what it is for."""
    prefix = str(Settings.model_config["env_prefix"])
    return {
        str(field.validation_alias or prefix + name.upper()): field.description or ""
        for name, field in Settings.model_fields.items()
    }


def example_entries() -> list[Entry]:
    """``NAME=value`` of .env.example, commented out or not, with the comment above."""
    entries: list[Entry] = []
    comment: list[str] = []
    for line in EXAMPLE.read_text().splitlines():
        if found := re.fullmatch(r"#?([A-Z][A-Z_0-9]*)=(.*)", line):
            entries.append(Entry(found[1], found[2], " ".join(comment)))
        comment = [*comment, line[2:]] if line.startswith("# ") else []
    return entries


def table_entries(heading: str) -> list[Entry]:
    """The rows of the table in a section of docs/configuration.md."""
    section = CONFIGURATION.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"(?m)^\| `([A-Z_0-9]+)` \| (?:`([^`]*)`|none) \| (.*) \|$", section)
    return [Entry(*row) for row in rows]


def mentioned(text: str) -> set[str]:
    """The variables of AuditTrail and of its deployment that a text names."""
    return set(re.findall(r"\b(?:AUDITTRAIL|PROXY|OPENAI|DATABASE)_[A-Z_]*[A-Z]\b", text))
