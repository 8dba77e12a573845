"""What the patterns of many rules have in common: none of them is in most texts.

RE2 looks for one pattern or for twenty at nearly the same speed (2 us a text of 1 KB), so all of a
column's are looked for at once. A rule looks for its own only in a text in which one was found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from audittrail.rules.evaluation.functions import quoted
from audittrail.rules.evaluation.verdict import Docket

__all__ = ["SIGNED_COLUMNS", "guarded", "may_be_sign", "sign_columns"]

SIGNED_COLUMNS: Final = ("input", "output")
# A larger pattern may need more states than RE2 keeps, and then it is slow.
_LONGEST: Final = 6000


def may_be_sign(pattern: str) -> bool:
    r"""Whether the pattern means the same among others: ``\Q`` without its end would go on."""
    return r"\Q" not in pattern


def guarded(column: str, sql: str, otherwise: str) -> str:
    """The SQL of what looks for a pattern in this column; ``otherwise`` is what it gives for a
    text without one. A text of which that is not known is looked at."""
    return f"(CASE WHEN {column}_sign IS FALSE THEN {otherwise} ELSE {sql} END)"


def sign_columns(dockets: Sequence[Docket]) -> dict[str, str]:
    """The SQL of the columns that ``guarded`` reads. Those that are left out are null."""
    columns = {}
    for column in SIGNED_COLUMNS:
        found = _together(
            pattern for docket in dockets for name, pattern in docket.signs if name == column
        )
        if found is not None:
            columns[f"{column}_sign"] = f"regexp_matches({column}, {quoted(found)})"
    return columns


def _together(patterns: Iterable[str]) -> str | None:
    distinct = list(dict.fromkeys(patterns))
    if len(distinct) < 2 or sum(map(len, distinct)) > _LONGEST:
        return None
    return "|".join(f"(?:{pattern})" for pattern in distinct)
