"""Judging in another process, which is ended if it takes too long, and started again."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa
import structlog

from audittrail.errors import ShuttingDown
from audittrail.rules.enforcement.frames import read_frame, to_bytes, write_frame
from audittrail.rules.evaluation.time_limit import TimeLimit
from audittrail.rules.evaluation.verdict import Docket, Failure, Ruling, Verdict

__all__ = ["Sandbox"]

log = structlog.get_logger(__name__)

_NICE: Final = 10
# A rule is interrupted after so many seconds for one batch, and the process is ended if it did
# not heed that.
_RULE_SECONDS: Final = 5.0
_PATIENCE: Final = 3.0
_START_SECONDS: Final = 30.0


class Sandbox:
    """One process, one caller at a time."""

    def __init__(
        self, *, nice: int = _NICE, rule_seconds: float = _RULE_SECONDS, patience: float = _PATIENCE
    ) -> None:
        self._nice = nice
        self._rule_seconds = rule_seconds
        self._patience = patience
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False
        self._time = TimeLimit(self._kill)

    def judge(
        self,
        dockets: Sequence[Docket],
        spans: pa.Table,
        traces: pa.Table,
        session_traces: pa.Table,
        changed: pa.Table | None = None,
    ) -> Ruling:
        """See ``Judge.judge``. A rule that brings the process down is a failure; the others are
        judged all the same. Raises ShuttingDown once this is closed."""
        tables = [spans, traces, session_traces, *([] if changed is None else [changed])]
        blobs = [to_bytes(table) for table in tables]
        left = list(dockets)
        failures: list[Failure] = []
        with self._lock:
            while left:
                self._require_open()
                told, culprit = self._ask(left, blobs)
                if told is not None:
                    verdicts = [Verdict(*each) for each in told[1]]
                    failures += [Failure(*each) for each in told[2]]
                    return Ruling(verdicts, failures)
                self._require_open()
                self._end()
                if culprit is None:
                    failures += [Failure(each.rule_id, "it could not be judged") for each in left]
                    break
                log.error("a rule was stopped", rule=culprit)
                failures.append(Failure(culprit, "it took too long, or too much memory"))
                left = [each for each in left if each.rule_id != culprit]
        return Ruling([], failures)

    def _require_open(self) -> None:
        if self._closed:
            raise ShuttingDown("The server is stopping; rules are judged when it is back.")

    def _ask(self, dockets: Sequence[Docket], blobs: Sequence[Any]) -> tuple[Any, str | None]:
        """(the answer, None), or (None, the rule that was being judged when it all ended)."""
        process = self._started()
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the process that judges has no pipes")
        began: list[str] = []
        self._time.set(_START_SECONDS)
        try:
            write_frame(process.stdin, dockets, blobs)
            while True:
                head, _ = read_frame(process.stdout)
                if head[0] == "end":
                    return head, None
                began.append(head[1])
                self._time.set(self._rule_seconds + self._patience)
        except (EOFError, OSError, ValueError):
            return None, began[-1] if began else None
        finally:
            self._time.set(None)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            command = [sys.executable, "-m", "audittrail.rules.enforcement.worker"]
            command += [str(self._nice), str(self._rule_seconds)]
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
                start_new_session=True,  # ^C is for the server, which ends this one
            )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    log.debug("the pipe was broken already")

    def _kill(self) -> None:
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """End the process, also while somebody waits for it, and start none again."""
        self._closed = True
        self._kill()
        with self._lock:
            self._end()


_ENVIRONMENT: Final = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "HOME", "TZ", "VIRTUAL_ENV")
