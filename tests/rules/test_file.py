"""Reading the pricing file: what is wrong with it is said, and never costs the old prices."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from audittrail.errors import SettingsError
from audittrail.rules.pricing import Pricer, PriceTable, load_table
from tests.rules.files import pricer, write

M = 1_000_000

GOOD = "models: [{model: m, prices: [{input: 1, output: 1}]}]"

WRONG: dict[str, tuple[str, str]] = {
    "a negative price": (
        "models: [{model: m, prices: [{input: -1, output: 1}]}]",
        r"models\.0 \(m\)\.prices\.0\.input: Input should be greater than or equal to 0",
    ),
    "a price that is none": (
        "models:\n"
        "  - {model: a, prices: [{input: 1, output: 1}]}\n"
        "  - {model: b, prices: [{input: 1, output: cheap}]}",
        r"models\.1 \(b\)\.prices\.0\.output: Input should be a valid number",
    ),
    "a price that is not finite": (
        "default: {input: .inf, output: 1}",
        r"default\.input: Input should be a finite number",
    ),
    "a price left out": (
        "models: [{model: m, prices: [{input: 1}]}]",
        r"models\.0 \(m\)\.prices\.0\.output: Field required",
    ),
    "a mistyped key": (
        "models: [{model: m, prices: [{input: 1, output: 1, cached: 1}]}]",
        r"models\.0 \(m\)\.prices\.0\.cached: Extra inputs are not permitted",
    ),
    "a mistyped section": ("model: []", r"model: Extra inputs are not permitted"),
    "no prices": (
        "models: [{model: m, prices: []}]",
        r"models\.0 \(m\)\.prices: List should have at least 1 item",
    ),
    "no name": (
        "models: [{prices: [{input: 1, output: 1}]}]",
        r"models\.0\.model: Field required",
    ),
    "an entry that is no map": ("models: [gpt-4o]", r"models\.0: Input should be a valid dict"),
    "a tier of no tokens": (
        "default: {input: 1, output: 1, over: [{tokens: 0, input: 1, output: 1}]}",
        r"default\.over\.0\.tokens: Input should be greater than 0",
    ),
    "an impossible day": (
        "models: [{model: m, prices: [{from: 2026-02-30, input: 1, output: 1}]}]",
        r"cannot be read: day is out of range for month",
    ),
    "a day that is none": (
        "models: [{model: m, prices: [{from: May, input: 1, output: 1}]}]",
        r"models\.0 \(m\)\.prices\.0\.from: Input should be a valid date",
    ),
    "two prices of one day": (
        "models: [{model: m, prices: [{input: 1, output: 1}, {input: 2, output: 2}]}]",
        r'models\.0 \(m\)\.prices: .*two prices have the same "from"',
    ),
    "one name twice": (
        "models:\n"
        "  - {model: m, prices: [{input: 1, output: 1}]}\n"
        "  - {model: n, aliases: [M], prices: [{input: 2, output: 2}]}",
        r"m has two entries for the same provider",
    ),
    "a bracket left open": (
        "default: {input: 1, output: 1}\nmodels: [{model: m",
        r"cannot be read: (?s:.*)line 2, column",
    ),
    "a tab": ("models:\n\t- model: m", r"cannot be read: (?s:.*)line 2, column 1"),
    "a list": ("[]", r"the file: Input should be a valid dictionary"),
    "a word": ("prices", r"the file: Input should be a valid dictionary"),
    "nothing": ("", r"is empty\. A file without prices says: models: \[\]"),
    "only a comment": ("# to do", r"is empty"),
    "brackets without end": ("[" * 5000, r"cannot be read"),
}


@pytest.mark.parametrize(("text", "says"), WRONG.values(), ids=WRONG)
def test_an_error_names_the_file_and_the_place(tmp_path: Path, text: str, says: str) -> None:
    """A line and a column, or the keys on the way and the model's name."""
    path = write(tmp_path, text)
    with pytest.raises(SettingsError, match=says) as caught:
        load_table(path)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(("text", "says"), WRONG.values(), ids=WRONG)
def test_a_file_that_goes_wrong_leaves_the_prices_in_force(
    tmp_path: Path, text: str, says: str
) -> None:
    """The pricer says what is wrong until the file is mended, and prices as before."""
    price = pricer(tmp_path, GOOD)
    write(tmp_path, text)
    assert price.refresh() is False
    assert price("m", None, None, 1000, 0) == (1000 / M, "estimated")
    problem = price.problem
    assert problem is not None
    assert str(price.path) in problem

    assert price.refresh() is False
    assert price.problem == problem

    write(tmp_path, GOOD.replace("input: 1", "input: 2"))
    assert price.refresh() is True
    assert price.problem is None
    assert price("m", None, None, 1000, 0) == (2000 / M, "estimated")


@pytest.mark.parametrize("text", [text for text, _ in WRONG.values()], ids=WRONG)
def test_a_wrong_file_at_the_start_is_refused(tmp_path: Path, text: str) -> None:
    """A server that does not know what calls cost should not look as if it did."""
    write(tmp_path, text)
    with pytest.raises(SettingsError):
        Pricer(tmp_path)


def test_a_missing_file_says_how_to_name_its_folder(tmp_path: Path) -> None:
    """The setting is named."""
    with pytest.raises(SettingsError, match=r"is missing\. Set AUDITTRAIL_RULES_DIR to its folder"):
        Pricer(tmp_path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """The file is UTF-8."""
    path = tmp_path / "pricing.yaml"
    path.write_bytes(b"models: [\xff]")
    with pytest.raises(SettingsError, match="cannot be read"):
        load_table(path)


def test_a_changed_file_counts_from_the_next_look(tmp_path: Path) -> None:
    """Also for calls whose rate was looked up before; an unchanged file is not read again."""
    price = pricer(tmp_path, GOOD)
    before = price.table
    assert price("m", None, None, 1000, 0) == (1000 / M, "estimated")
    assert price.refresh() is False
    assert price.table is before

    write(tmp_path, "default: {input: 5, output: 5}")
    assert price("m", None, None, 1000, 0) == (1000 / M, "estimated")
    assert price.refresh() is True
    assert price("m", None, None, 1000, 0) == (5000 / M, "default")


def test_a_file_that_is_gone_for_a_moment_does_no_harm(tmp_path: Path) -> None:
    """Some editors remove a file and write it anew."""
    price = pricer(tmp_path, GOOD)
    price.path.rename(tmp_path / "aside")
    assert price.refresh() is False
    assert "is missing" in (price.problem or "")
    assert price("m", None, None, 1000, 0) == (1000 / M, "estimated")

    (tmp_path / "aside").rename(price.path)
    assert price.refresh() is True
    assert price.problem is None


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "default",
                    "models",
                    "model",
                    "aliases",
                    "provider",
                    "prices",
                    "from",
                    "input",
                    "output",
                    "over",
                    "tokens",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_like)
def test_any_content_is_a_table_or_a_settings_error(
    tmp_path_factory: pytest.TempPathFactory, content: Any
) -> None:
    """Whatever the file holds, nothing else is raised: the server goes on."""
    path = write(tmp_path_factory.mktemp("any"), yaml.safe_dump(content))
    with contextlib.suppress(SettingsError):
        assert isinstance(load_table(path), PriceTable)
