"""Running agents in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[2]


def run_agent(trace_id: str, *commands: str, expect: int = 0, **settings: Any) -> str:
    """Run ``tests.otel_exporter.agent`` to its end; what it logged."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.otel_exporter.agent"),
            json.dumps({"trace_id": trace_id, **settings}),
            *commands,
        ],
        cwd=_ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == expect, done.stderr[-3000:]
    return done.stderr


def spans(*names: str) -> list[str]:
    """The commands for spans of these names."""
    return [word for name in names for word in ("span", name)]
