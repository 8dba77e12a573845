"""What people read about settings is what the settings are."""

from __future__ import annotations

from pathlib import Path

import pytest

from audittrail.server.settings import Settings, load_settings
from tests.deploy.compose_file import COMPOSE_FILE, passed_on, read_services, referenced
from tests.deploy.image_file import read_stages
from tests.deploy.variables import (
    CONFIGURATION,
    DEPLOYMENT,
    EXAMPLE,
    Entry,
    example_entries,
    meanings,
    mentioned,
    table_entries,
)

_SECRET = {"AUDITTRAIL_SECRET_KEY": "secret"}
# Read by commands, and not settings of a server.
_OF_COMMANDS = {"AUDITTRAIL_API_KEY", "AUDITTRAIL_ENDPOINT", "AUDITTRAIL_PASSWORD"}


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing comes from the environment that runs the tests."""
    for name in meanings():
        monkeypatch.delenv(name, raising=False)


def _of_compose() -> list[Entry]:
    return [each for each in example_entries() if each.name.startswith("PROXY_")]


def _of_settings() -> list[Entry]:
    return [each for each in example_entries() if not each.name.startswith("PROXY_")]


class TestExample:
    def test_names(self) -> None:
        """.env.example has each setting once, in their order, and nothing that is unknown."""
        assert [each.name for each in _of_settings()] == list(meanings())

    def test_meanings(self) -> None:
        """Above each stands what the settings say of it."""
        assert {each.name: each.meaning for each in _of_settings()} == meanings()

    def test_values_are_the_defaults(self, tmp_path: Path) -> None:
        """Whoever takes every comment sign away has changed nothing."""
        given = [each for each in _of_settings() if each.default]
        file = tmp_path / "all.env"
        file.write_text("".join(f"{each.name}={each.default}\n" for each in given))
        shown = Settings(_env_file=file)  # type: ignore[call-arg]  # pydantic-settings takes it
        default = Settings(_env_file=None)  # type: ignore[call-arg]  # as above
        assert shown.database_path == default.database_path
        assert shown.model_dump(exclude={"database_url"}) == default.model_dump(
            exclude={"database_url"}
        )
        # All of them were read, and each that shows no value has none.
        assert len(shown.model_fields_set) == len(given)
        empty = default.model_dump(exclude=shown.model_fields_set | {"secret_key"})
        assert list(filter(None, empty.values())) == []

    def test_copied_as_it_is(self, tmp_path: Path) -> None:
        """Only the secret key is not a comment: a copy with that filled in starts a server."""
        file = tmp_path / "copy.env"
        file.write_text(EXAMPLE.read_text().replace("SECRET_KEY=", "SECRET_KEY=filled in", 1))
        settings = load_settings(_env_file=file)
        assert settings.model_fields_set == {"secret_key"}
        assert settings.signing_key() == "filled in"


class TestTable:
    def test_settings(self) -> None:
        """docs/configuration.md has each setting once: name, default and meaning."""
        table = table_entries("Settings")
        assert [each.name for each in table] == list(meanings())
        assert {each.name: each.meaning for each in table} == meanings()
        assert [each.default for each in table] == [each.default for each in _of_settings()]

    def test_compose(self) -> None:
        """And the variables that docker-compose.yml takes besides, as .env.example has them."""
        assert table_entries("Docker Compose") == _of_compose()

    @pytest.mark.parametrize(
        "document", [CONFIGURATION, DEPLOYMENT, COMPOSE_FILE], ids=lambda path: path.name
    )
    def test_no_other_variable_is_named(self, document: Path) -> None:
        """A variable that a text names exists."""
        known = {each.name for each in example_entries()} | _OF_COMMANDS
        nginx = {name for name in read_services(_SECRET)["proxy"].environment if "PROXY" in name}
        named = mentioned(document.read_text())
        assert named - known - (nginx if document == COMPOSE_FILE else set()) == set()


class TestCompose:
    def test_its_own_variables(self) -> None:
        """The example has all variables of the file alone, with the defaults that it has."""
        own = {name: text for name, text in referenced().items() if name not in meanings()}
        assert {each.name: each.default for each in _of_compose()} == own

    def test_defaults_of_settings(self) -> None:
        """Where the file has a default for a setting it is the setting's own."""
        shown = {each.name: each.default for each in _of_settings()}
        given = {name: text for name, text in referenced().items() if name in shown}
        assert given == {name: shown[name] for name in given}

    def test_every_setting_counts(self) -> None:
        """What is set in .env reaches the server, but for what is settled in the files."""
        settled = {
            *read_stages()[-1].environment,
            *read_services(_SECRET)["audittrail"].environment,
        }
        settled -= {*referenced()}
        told = mentioned("".join(CONFIGURATION.read_text().partition("\n## Docker Compose\n")[2:]))
        assert {*meanings()} - passed_on() - {*referenced()} == (
            (settled | {"DATABASE_URL", "AUDITTRAIL_API_URL"}) & {*meanings()}
        )
        assert settled & {*meanings()} <= told
