"""The process in which rules are judged: it has the rows of one owner at a time, and nothing else.

It gives way to the server (it is nice), cannot write files, and has a limit on its memory. The
server ends it if a rule takes too long.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from typing import IO, Final

from audittrail.rules.enforcement.frames import read_frame, to_arrow, write_frame
from audittrail.rules.evaluation.judge import Judge
from audittrail.rules.evaluation.verdict import Docket

__all__ = ["main"]

# Address space, most of which is reserved and never used.
_ADDRESS_SPACE: Final = 6 * 2**30
_MEMORY_MIB: Final = 512


def main() -> None:
    """Answer requests until there are no more."""
    given, told = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    os.nice(int(sys.argv[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    judge = Judge(seconds=float(sys.argv[2]), memory_mib=_MEMORY_MIB, threads=1)
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            _answer(judge, given, told)


def _answer(judge: Judge, given: IO[bytes], told: IO[bytes]) -> None:
    head, blobs = read_frame(given)
    dockets = [Docket(*each) for each in head]
    spans, traces, sessions, *changed = map(to_arrow, blobs)

    def begin(rule_id: str) -> None:
        write_frame(told, ["begin", rule_id])

    only = changed[0] if changed else None
    ruling = judge.judge(dockets, spans, traces, sessions, span_rules_on=only, begin=begin)
    write_frame(told, ["end", [list(each) for each in ruling.verdicts], list(ruling.failures)])


if __name__ == "__main__":
    main()
