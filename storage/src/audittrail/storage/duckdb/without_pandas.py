"""Where pandas is not installed, DuckDB is told so at once.

DuckDB 1.5 tries to import it for each value that a query is given, to know whether the value is
one of pandas' own. A failed import looks through the whole path each time: 0.13 ms a value, more
than the planning of most of our queries takes.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from typing import Final

__all__ = ["answer_at_once"]

# What in importlib asks a finder when a module is imported.
_IMPORTING: Final = "_find_and_load_unlocked"


class _NoPandas:
    """A finder that knows of one module only: that it cannot be imported. Whoever asks whether it
    could be (``importlib.util.find_spec``) gets the ordinary answer."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name == "pandas" and sys._getframe(2).f_code.co_name == _IMPORTING:
            raise ModuleNotFoundError("No module named 'pandas'", name=name)
        return None


def answer_at_once() -> None:
    """Does nothing where pandas can be imported, or was told before."""
    if _NoPandas in sys.meta_path or find_spec("pandas") is not None:
        return
    sys.meta_path.insert(0, _NoPandas)
