"""An agent that does what it should: every tool approved, every call useful, a sure answer.

    python demo_happy_path.py              # with OPENAI_API_KEY: gpt-4o-mini; without: offline
    python demo_happy_path.py --offline

It is the agent of langgraph-agent/agent.py with a question whose answer is yes. In its trace: a
plan, three researchers at the same time, an analysis, and a draft that a review improves once.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "langgraph-agent"))

import agent
import offline
from session import live_trace, options

QUESTION = "Can we order 3,000 kg of green coffee from Monte Claro for the spring blend?"


def main() -> None:
    given = options("An agent that does what it should, traced live.", QUESTION)
    with live_trace("happy-path", given, offline.script) as run:
        print(agent.ask(given.question, run.config))


if __name__ == "__main__":
    main()
