"""Which runs of the examples are recorded, and how they are started."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["RUNS", "RecordedRun"]

_MODULE: Final = "audittrail.server.demo.agent"


@dataclass(frozen=True)
class RecordedRun:
    """An example with its options. One that is no demo of ours is told by the resource where it
    runs and for whom, and asks a model at OPENAI_BASE_URL."""

    arguments: tuple[str, ...]
    environment: str = "production"
    session: str | None = None
    user: str | None = None
    needs_model: bool = False
    fails: bool = False

    def command(self, examples: Path) -> list[str]:
        example, *options = self.arguments
        if example == _MODULE:
            return ["-m", example]
        path = str(examples / example)
        if self.needs_model:
            return [path, *options]
        told = ["--offline", "--environment", self.environment]
        told += ["--session", self.session] if self.session else []
        told += ["--user", self.user] if self.user else []
        return [path, *told, *options]

    @property
    def resource(self) -> str:
        said = {
            "deployment.environment.name": self.environment,
            "session.id": self.session,
            "user.id": self.user,
        }
        return ",".join(f"{key}={value}" for key, value in said.items() if value)


RUNS: Final = {
    "research-team": RecordedRun(
        ("demo_research_team.py", "--model", "gpt-4.1-mini"), "production", "sourcing-2027", "marta"
    ),
    "research-team-limit": RecordedRun(
        (
            "demo_research_team.py",
            "--tokens=45000",
            "--question=Which region can ship before June?",
        ),
        "staging",
        "sourcing-2027",
        "jonas",
    ),
    "handbook-day": RecordedRun(("demo_retrieval.py",), "production", "handbook-day-shift", "lena"),
    "handbook-night": RecordedRun(
        (
            "demo_retrieval.py",
            "--question=May I roast alone?",
            "--then=And at night?",
            "--model=claude-sonnet-4-5",
            "--contract=2.40/12.00",
        ),
        "production",
        "handbook-night-shift",
        "sami",
    ),
    "handbook-parcel": RecordedRun(
        (
            "demo_retrieval.py",
            "--question=What does a parcel to Norway cost?",
            "--model=gpt-5-mini",
        ),
        "staging",
        "handbook-shop",
        "noor",
    ),
    "happy-path": RecordedRun(
        ("demo_happy_path.py", "--model=gpt-4.1"), "production", "buying-41", "marta"
    ),
    "happy-path-in-house": RecordedRun(
        (
            "demo_happy_path.py",
            "--model=in-house-13b",
            "--question=Can we order 900 kg of green coffee from Finca Alba for the house blend?",
        ),
        "development",
        "buying-38",
        "jonas",
    ),
    "coffee-buyer": RecordedRun(("langgraph-agent/agent.py",), "production", "buying-42", "marta"),
    "coffee-buyer-alba": RecordedRun(
        (
            "langgraph-agent/agent.py",
            "--model=claude-haiku-4-5",
            "--question=Can we order 400 kg of green coffee from Finca Alba for the house blend?",
        ),
        "staging",
        "buying-38",
        "jonas",
    ),
    "support-desk": RecordedRun(("demo_constitutional.py",), "production", "ticket-77", "desk-2"),
    "price-desk": RecordedRun(
        ("demo_debugging.py", "--model=gemini-2.5-flash"), "production", "shop-9", "guest-1183"
    ),
    "price-desk-own-model": RecordedRun(
        ("demo_debugging.py", "--model=roastery-8b"), "development", "shop-7", "guest-1172"
    ),
    "trip-planner": RecordedRun((_MODULE,), "production"),
    "weather-guide": RecordedRun(
        ("plain-opentelemetry/agent.py", "What is the weather in Lima?"),
        "production",
        "weather-5",
        "kim",
        needs_model=True,
    ),
    "weather-fails": RecordedRun(
        ("plain-opentelemetry/agent.py", "What is the weather in Oslo?"),
        "staging",
        "weather-6",
        "kim",
        needs_model=True,
        fails=True,
    ),
    "weather-openinference": RecordedRun(
        ("openinference/agent.py", "What is the weather in Oslo?"),
        "development",
        "weather-4",
        "ida",
        needs_model=True,
    ),
    "concierge": RecordedRun(
        ("openai-agents/agent.py", "What is the weather in Paris?"),
        "production",
        "front-desk-12",
        "guest-40",
        needs_model=True,
    ),
}
