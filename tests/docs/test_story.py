"""The runner itself: what is not as a page says is noticed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.blocks import parse
from tests.docs.seen import Watcher
from tests.docs.stage import Stage, new_stage
from tests.docs.story import problem_of, tell
from tests.support.servers import Server

_SEND = """
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
provider.get_tracer("docs").start_span("sent").end()
"""


@pytest.fixture
def stage(tmp_path: Path, local_server: Server) -> Iterator[Stage]:
    made = new_stage(tmp_path, local_server, "http://127.0.0.1:9", str(Path(sys.executable).parent))
    yield made
    made.close()


@pytest.fixture
def watcher(local_server: Server) -> Iterator[Watcher]:
    """One that does not wait: what is sent here has arrived when a block is done."""
    made = Watcher(local_server, patience=0)
    yield made
    made.close()


def _page(*blocks: tuple[str, str]) -> str:
    return "\n".join(f"```{language}\n{text.strip()}\n```\n" for language, text in blocks)


def _tell(text: str, stage: Stage, watcher: Watcher) -> None:
    tell(list(parse("page", text)), stage, watcher)


def test_what_is_shown_arrives(stage: Stage, watcher: Watcher) -> None:
    """Spans, and what a block printed; what a block exports is there for the next one."""
    blocks = [
        ("python", _SEND),
        ("text", "custom sent"),
        ("sh", "export WORD=told"),
        ("sh", 'echo one\necho "$WORD http://localhost:4318"'),
        ("text", "one\ntold http://localhost:4318"),
    ]
    _tell(_page(*blocks), stage, watcher)
    assert f"localhost:{stage.ports['4318']}" in stage.said


@pytest.mark.parametrize(
    ("blocks", "problem"),
    [
        ([("python", _SEND), ("text", "tool sent")], r"- tool sent[\s\S]*\+ custom sent"),
        ([("python", _SEND)], r"does not show what arrives[\s\S]*custom sent"),
        ([("python", "1 / 0")], "ZeroDivisionError"),
        ([("python", "import sys; sys.stderr.write('oh')")], "it printed:\noh"),
        ([("sh", "false\ntrue")], r"page:1 \(sh\) 'false'"),
        ([("sh", "pip install no-such-package-of-the-documents")], "No matching distribution"),
        ([("sh", "echo one"), ("text", "two")], "'two' was not printed"),
        ([("sh", "echo b\necho a"), ("text", "a\nb")], "'b' was not printed"),
    ],
    ids=["types", "unseen", "python", "complaint", "shell", "packages", "output", "order"],
)
def test_what_is_wrong(
    blocks: list[tuple[str, str]], problem: str, stage: Stage, watcher: Watcher
) -> None:
    """Each of these pages says something that is not so."""
    with pytest.raises(AssertionError, match=problem):
        _tell(_page(*blocks), stage, watcher)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("```rust\nfn main() {}\n```", "a block in rust has no way to run"),
        ("```\n$ agent\n```", "a block in no language has no way to run"),
        ("Save this as `a.py`:\n```python\n1\n```", "nothing on the page uses a.py"),
        ("Save this as `a.yaml`:\n```yaml\na: 1\n```", "files.py has no check of it"),
        ("```yaml\na: 1\n```", "files.py has no check of it"),
    ],
)
def test_what_cannot_be_run(text: str, problem: str) -> None:
    """A new kind of block asks for a decision."""
    blocks = list(parse("page", text))
    assert problem_of(blocks[0], blocks[1:]) == problem


def test_nothing_is_left_running(stage: Stage) -> None:
    """What a block starts in the background is there for the next one, and ends with the page."""
    stage.shell("sleep 600 & echo $!")
    process = int(stage.said)
    os.kill(process, 0)
    stage.close()
    status = Path(f"/proc/{process}/stat")
    assert not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z"
