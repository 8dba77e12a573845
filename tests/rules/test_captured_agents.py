"""The shipped rules over what released instrumentations sent of real agents: every hit is explained
here, and there is no other."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from audittrail.rules.shipped import default_rules_dir
from audittrail.server.gate.checking import Checked, check, rules_of
from audittrail.server.gate.gathering import Gathering
from tests.support.truth import DATA, NAMES, truth

# By capture and rule: (how many, why each is right).
EXPLAINED: Final[dict[tuple[str, str], tuple[int, str]]] = {
    ("traceloop-sdk-0.62.4-openai", "tool-error-ignored"): (
        1,
        "bad_tool raises as the last step of a workflow that ends well",
    ),
}


@pytest.fixture(scope="module")
def checked() -> Checked:
    """All captures, in one store. A trace is in one of them."""
    folder = default_rules_dir()

    def put(gathering: Gathering) -> None:
        for name in NAMES:
            for path in sorted((DATA / "captures" / name).iterdir()):
                if path.suffix in (".pb", ".json"):
                    gathering.add_file(path)

    return check(rules_of(folder), folder, put)


@pytest.mark.parametrize("name", NAMES)
def test_every_hit_is_explained(checked: Checked, name: str) -> None:
    """Nothing that a person would call a false alarm."""
    traces = {each for each, file in checked.files.items() if Path(file).parent.name == name}
    assert traces >= {each["trace_id"] for each in truth(name)["traces"]} != set()
    hits = Counter((name, row.rule_id) for row in checked.violations if row.trace_id in traces)
    expected = {key: count for key, (count, _) in EXPLAINED.items() if key[0] == name}
    assert hits == expected


def test_everything_was_judged(checked: Checked) -> None:
    """No rule failed, and no hit is of anything but a trace of a capture."""
    assert checked.failures == []
    assert checked.traces == len(checked.files)
    assert {row.trace_id for row in checked.violations} <= set(checked.files)
