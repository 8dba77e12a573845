"""The ``audittrail`` command. The client alone has no server: then this says how to get it."""

from __future__ import annotations

import os
import sys

__all__ = ["main"]


def main() -> None:
    try:
        from audittrail.server.cli import app
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "audittrail":
            raise
        sys.exit(
            f"The server is not installed ({error.name} is missing).\n"
            "Install it with: pip install 'audittrail-otel[server]'"
        )
    # Databases, backups and keys are for who runs this alone.
    os.umask(0o077)
    app()
