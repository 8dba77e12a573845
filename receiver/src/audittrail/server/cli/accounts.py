"""``audittrail user`` and ``audittrail key``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.markup import escape

from audittrail.server.cli.common import account_operations, console, failures
from audittrail.server.cli.groups import command_group

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    users = command_group(help="Accounts of people.")
    keys = command_group(help="API keys of agents.")
    app.add_typer(users, name="user")
    app.add_typer(keys, name="key")

    @users.command("add")
    def add_user(
        email: Annotated[str, typer.Argument(help="Their e-mail address.")],
        password: Annotated[
            str | None,
            typer.Option(
                envvar="AUDITTRAIL_PASSWORD",
                help="At least 8 characters. Asked for if left out; read from standard input if "
                "that is not a terminal.",
            ),
        ] = None,
    ) -> None:
        """Add an account. Works while the server runs."""
        with failures(), account_operations() as operator:
            user = operator.add_user(email, _asked_for() if password is None else password)
        console.print(f"Added {user['email']}. A key for an agent:")
        console.print(f"  audittrail key create --user {user['email']} --name my-agent")

    @keys.command("create")
    def create_key(
        name: Annotated[str, typer.Option(help="What it is for.")] = "agent",
        user: Annotated[
            str | None, typer.Option(help="Whose key; in local mode the local user's.")
        ] = None,
        scope: Annotated[
            list[str] | None,
            typer.Option(help="ingest, read; repeat for both (the default).", show_default=False),
        ] = None,
        quiet: Annotated[
            bool, typer.Option("--quiet", "-q", help="Print the secret and nothing else.")
        ] = False,
    ) -> None:
        """Create an API key. Its secret is shown once. Works while the server runs."""
        with failures(), account_operations() as operator:
            key = operator.create_key(user, name, scope or ["ingest", "read"])
        if quiet:
            typer.echo(key["secret"])
            return
        console.print(
            f"Key {escape(repr(key['name']))} with the scopes {', '.join(key['scopes'])}:"
        )
        console.print(f"\n  [bold yellow]{key['secret']}[/bold yellow]\n")
        console.print("Copy it now; it is not shown again. For an agent:")
        # Exporters decode the value; the strict ones take no space in it.
        console.print(f"  export OTEL_EXPORTER_OTLP_HEADERS=Authorization=Bearer%20{key['secret']}")


def _asked_for() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\n")
