"""The documents name what the code understands, all of it and nothing else."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from audittrail import semconv
from audittrail.receiver.mapping.dialects import DIALECTS
from audittrail.receiver.mapping.engine import Engine
from audittrail.receiver.otlp.json_traces import decode_traces_json
from audittrail.receiver.spans import build_spans
from audittrail.rules.pricing import load_table
from tests.mapping.told import unpriced

DOCS = Path(__file__).parents[2] / "docs"


def document(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def table_after(text: str, title: str) -> list[list[str]]:
    """The cells of the first table below a line, without its head."""
    lines = iter(text[text.index(title) :].splitlines())
    rows = []
    for line in lines:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
        elif rows:
            break
    return rows[2:]


def test_every_attribute_is_documented_as_it_is() -> None:
    """Key, type, meaning and example of each, in the order of the code."""
    expected = [
        [f"`{each.key}`", each.type, each.meaning, f"`{each.example}`"]
        for each in semconv.ATTRIBUTES
    ]
    table = table_after(document("semantic-conventions.md"), "## Attributes of a span")
    assert [row[:4] for row in table] == expected


def test_no_other_attribute_is_named() -> None:
    """A key in prose or examples is one of the table."""
    known = {each.key for each in semconv.ATTRIBUTES}
    for name in ("semantic-conventions.md", "pricing.md", "dialects.md"):
        named = set(re.findall(r"audittrail\.[a-z_]+(?:\.[a-z_]+)*", document(name)))
        assert named - known <= {"audittrail.semconv"}


def test_every_constant_is_in_the_table() -> None:
    """An attribute that is forgotten there would be undocumented."""
    keys = {
        value
        for value in vars(semconv).values()
        if isinstance(value, str) and value.startswith("audittrail.") and value != semconv.__name__
    }
    assert {each.key for each in semconv.ATTRIBUTES} == keys


def test_the_example_request_means_what_it_shows() -> None:
    """The body of the curl command, as the server decodes and maps it."""
    found = re.search(r"-d '(\{.*\})'", document("semantic-conventions.md"), re.DOTALL)
    assert found is not None
    decoded = decode_traces_json(found[1].encode())
    assert decoded.rejected == []
    batch = build_spans(decoded, "owner", 1, Engine(), unpriced)
    (fact,) = batch.facts
    assert (fact.name, fact.span_type, fact.model, fact.service_name) == (
        "answer",
        "llm",
        "gpt-4o-mini",
        "weather",
    )
    assert (fact.tokens_in, fact.tokens_cached, fact.tokens_out) == (1200, 1024, 85)


def test_every_span_type_is_documented() -> None:
    """In the order of the code."""
    rows = table_after(document("semantic-conventions.md"), "## Span types")
    assert [row[0] for row in rows] == [f"`{name}`" for name in semconv.SPAN_TYPES]


def test_the_dialects_are_documented_as_they_are() -> None:
    """The tables of the document are those that the modules make."""
    text = document("dialects.md")
    made = runpy.run_path(str(DOCS / "generate.py"))["with_tables"](text)
    assert made == text
    rows = table_after(text, "# Dialects")
    assert [row[0] for row in rows] == [f"`{dialect.name}`" for dialect in DIALECTS]


def test_the_example_prices_are_a_pricing_file(tmp_path: Path) -> None:
    """The file in the document can be used as it stands."""
    found = re.search(r"```yaml\n(.*?)```", document("pricing.md"), re.DOTALL)
    assert found is not None
    path = tmp_path / "pricing.yaml"
    path.write_text(found[1], "utf-8")
    assert [entry.model for entry in load_table(path).models] == [
        "claude-sonnet-4-5",
        "our-own-model",
    ]


@pytest.mark.parametrize("name", ["semantic-conventions.md", "pricing.md", "dialects.md"])
def test_links_lead_somewhere(name: str) -> None:
    """To a file beside this one, and to a title in it."""
    for target in re.findall(r"\]\(([^)]+)\)", document(name)):
        file, _, title = target.partition("#")
        titles = re.findall(r"^#+ (.+)$", document(file or name), re.MULTILINE)
        assert not title or title in {each.lower().replace(" ", "-") for each in titles}
