"""The shipped rules over what released instrumentations sent of real agents: every hit is explained
here, and there is no other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from audittrail.rules.pricing import default_rules_dir
from audittrail.server.gate.checking import check, rules_of
from audittrail.server.gate.gathering import Gathering
from tests.support.truth import DATA, NAMES

# By capture and rule: (how many, why each is right).
EXPLAINED: Final[dict[tuple[str, str], tuple[int, str]]] = {
    ("traceloop-sdk-0.62.4-openai", "tool-error-ignored"): (
        1,
        "bad_tool raises as the last step of a workflow that ends well",
    ),
}


def gather(folder: Path) -> Callable[[Gathering], None]:
    def put(gathering: Gathering) -> None:
        for path in sorted(folder.iterdir()):
            if path.suffix in (".pb", ".json"):
                gathering.add_file(path)

    return put


@pytest.mark.parametrize("name", NAMES)
def test_every_hit_is_explained(name: str) -> None:
    """Nothing that a person would call a false alarm."""
    folder = default_rules_dir()
    checked = check(rules_of(folder), folder, gather(DATA / "captures" / name))
    assert checked.traces
    assert checked.failures == []
    hits: dict[tuple[str, str], int] = {}
    for row in checked.violations:
        hits[name, row.rule_id] = hits.get((name, row.rule_id), 0) + 1
    expected = {key: count for key, (count, _) in EXPLAINED.items() if key[0] == name}
    assert hits == expected
