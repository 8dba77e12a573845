"""Groups of commands."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

__all__ = ["command_group"]


class _Group(TyperGroup):
    """A group whose own flags (``--help``, ``--install-completion``) are False where they are not
    given.

    Typer leaves them None, and imports Pydantic to convert that to a bool before it looks at the
    subcommand: a third of what ``audittrail user add --help`` took.
    """

    def get_params(self, ctx: Any) -> list[Any]:
        params = super().get_params(ctx)
        for param in params:
            if getattr(param, "is_flag", False) and param.default is None:
                param.default = False
        return params


def command_group(**options: Any) -> typer.Typer:
    """A Typer application or group; without arguments it shows its help."""
    return typer.Typer(cls=_Group, no_args_is_help=True, **options)
