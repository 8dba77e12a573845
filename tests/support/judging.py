"""One process that judges, for all commands that are run in the process of the tests.

``audittrail check`` and ``audittrail rules apply`` start one each, which costs a second of CPU.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any
from unittest import mock

from audittrail.rules.enforcement import inspector
from audittrail.rules.enforcement.sandbox import Sandbox
from audittrail.server.gate import checking

__all__ = ["kept_judge"]


class _Kept(Sandbox):
    """Goes on when a command has ended."""

    def close(self) -> None:
        """Not yet."""

    def end(self) -> None:
        super().close()


@contextlib.contextmanager
def kept_judge() -> Iterator[None]:
    """Commands in the block share a process, which ends with it."""
    kept = _Kept(nice=0)

    def shared(**_: Any) -> Sandbox:
        return kept

    try:
        with (
            mock.patch.object(checking, "Sandbox", shared),
            mock.patch.object(inspector, "Sandbox", shared),
        ):
            yield
    finally:
        kept.end()
