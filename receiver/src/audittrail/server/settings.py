"""All settings, read once from the environment (and a ``.env`` file) when the server starts."""

from __future__ import annotations

import os
import secrets
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from audittrail.errors import SettingsError
from audittrail.rules.shipped import default_rules_dir
from audittrail.storage import path_of

__all__ = ["DEFAULT_SECRET_KEY", "Settings", "bracketed", "is_loopback", "load_settings"]

DEFAULT_SECRET_KEY: Final = "change-me"  # noqa: S105 - the one that is refused
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


class Settings(BaseSettings):
    """Every field is an environment variable; ``docs/configuration.md`` is made from here."""

    model_config = SettingsConfigDict(
        env_prefix="AUDITTRAIL_", env_file=".env", extra="ignore", frozen=True
    )

    secret_key: Annotated[
        SecretStr,
        Field(
            description="Signs access tokens. On a loopback host it may be left out: one is made "
            "and kept in the data folder. Anywhere else a server refuses to start without it."
        ),
    ] = SecretStr(DEFAULT_SECRET_KEY)
    debug: Annotated[
        bool, Field(description="Verbose logs, and no refusal of the default secret key.")
    ] = False
    data_dir: Annotated[Path, Field(description="Where the database and the secret key live.")] = (
        Path("data")
    )
    database_url: Annotated[
        str | None,
        Field(
            validation_alias="DATABASE_URL",
            description="duckdb:///relative/path or duckdb:////absolute/path. "
            "Default: audittrail.duckdb in the data folder.",
        ),
    ] = None
    rules_dir: Annotated[
        Path | None,
        Field(
            description="Folder with pricing.yaml and constitution/*.yaml. Default: those that "
            "come with it."
        ),
    ] = None
    cors_origins: Annotated[
        list[str],
        NoDecode,
        Field(description="Comma-separated origins of pages that may use the API."),
    ] = []
    host: Annotated[str, Field(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Field(description="Port of the REST API and the WebSocket.")] = 8000
    otlp_grpc_port: Annotated[int, Field(description="Port of OTLP over gRPC.")] = 4317
    otlp_http_port: Annotated[int, Field(description="Port of OTLP over HTTP.")] = 4318
    dashboard_port: Annotated[int, Field(description="Port of the dashboard; 0 starts none.")] = (
        3000
    )
    api_url: Annotated[
        str,
        Field(description="Where `audittrail dashboard` finds the API."),
    ] = "http://127.0.0.1:8000"
    dashboard_url: Annotated[
        str, Field(description="Where people find the dashboard; alerts link to it.")
    ] = "http://localhost:3000"
    alert_private_hosts: Annotated[
        bool,
        Field(description="Whether alerts may go to addresses of the server's own network."),
    ] = False
    trusted_proxies: Annotated[
        str,
        Field(
            description="Comma-separated addresses or networks whose X-Forwarded-For is believed."
        ),
    ] = "127.0.0.1"
    allow_registration: Annotated[
        bool, Field(description="Whether anybody may create an account.")
    ] = True
    demo: Annotated[
        bool,
        Field(
            description="on or off: whether anybody may look at sample data, without an account."
        ),
    ] = True
    login_attempts_per_minute: Annotated[
        int,
        Field(gt=0, description="How often one address may try to log in or register."),
    ] = 60
    token_hours: Annotated[float, Field(gt=0, description="How long a login lasts, in hours.")] = (
        24.0
    )
    idle_minutes: Annotated[
        float,
        Field(gt=0, description="After so long without news a running trace is incomplete."),
    ] = 15.0
    max_message_bytes: Annotated[
        int, Field(gt=0, description="Largest request, also after decompression.")
    ] = 64 * 2**20
    max_queue_bytes: Annotated[
        int, Field(gt=0, description="What may wait to be stored before requests are refused.")
    ] = 128 * 2**20
    db_memory_mib: Annotated[
        int, Field(ge=64, description="Memory that DuckDB may use for its buffers, in MiB.")
    ] = 512
    log_format: Annotated[
        str, Field(pattern="^(auto|json|text)$", description="auto, json or text.")
    ] = "auto"
    openai_api_key: Annotated[
        SecretStr | None,
        Field(
            validation_alias="OPENAI_API_KEY",
            description="Key of the endpoint that ablations ask. Every user of the server spends "
            "it.",
        ),
    ] = None
    openai_base_url: Annotated[
        str | None,
        Field(
            validation_alias="OPENAI_BASE_URL",
            description="The OpenAI-compatible endpoint that ablations ask, and no other. Default: "
            "OpenAI's, if there is a key.",
        ),
    ] = None
    ablation_private_hosts: Annotated[
        bool,
        Field(
            description="Whether the name in OPENAI_BASE_URL may mean an address of the server's "
            "own network. An address itself, or localhost, may always."
        ),
    ] = False
    ablation_max_usd: Annotated[
        float, Field(gt=0, description="What one ablation may cost at most, in USD.")
    ] = 5.0
    ablation_max_calls: Annotated[
        int, Field(gt=0, description="How many calls of a model one ablation may make at most.")
    ] = 2000

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return [origin.strip().rstrip("/") for origin in value.split(",") if origin.strip()]
        return value

    @cached_property
    def database_path(self) -> Path:
        if self.database_url is not None:
            return path_of(self.database_url)
        return self.data_dir / "audittrail.duckdb"

    @property
    def admin_socket(self) -> Path:
        """Where commands reach the server that has the database open."""
        return self.database_path.with_name("admin.sock")

    @property
    def rules_path(self) -> Path:
        return self.rules_dir or default_rules_dir()

    def signing_key(self) -> str:
        """The secret key to sign with.

        Raises SettingsError for the default key on a host that others can reach, unless
        debugging.
        """
        key = self.secret_key.get_secret_value()
        if key and key != DEFAULT_SECRET_KEY:
            return key
        if self.debug:
            return DEFAULT_SECRET_KEY
        if not is_loopback(self.host) or (key and "secret_key" in self.model_fields_set):
            raise SettingsError(
                "AUDITTRAIL_SECRET_KEY is not set, or has its default value. Anybody could sign "
                "access tokens. Set it to a long random text, for example:\n"
                '  export AUDITTRAIL_SECRET_KEY="$(python3 -c '
                "'import secrets; print(secrets.token_urlsafe(48))')\""
            )
        return _kept_key(self.data_dir / "secret_key")


def _kept_key(path: Path) -> str:
    """A random key, made once, that only its owner may read."""
    try:
        return path.read_text("ascii").strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    key = secrets.token_urlsafe(48)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(key + "\n")
    return key


def bracketed(host: str) -> str:
    """As a part of a URL: IPv6 addresses in brackets."""
    return f"[{host}]" if ":" in host else host


def is_loopback(host: str) -> bool:
    return host in _LOOPBACK


def load_settings(**given: Any) -> Settings:
    """The settings from the environment, with ``given`` (those that are not None) above them.

    Raises SettingsError that names the variable.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        variable = name if name.isupper() else f"AUDITTRAIL_{name.upper()}"
        raise SettingsError(f"{variable}: {first['msg']}") from None
