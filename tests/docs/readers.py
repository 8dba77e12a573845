"""What a reader of a page has before the page begins: packages, and programs of their own."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final, NamedTuple

from tests.docs.packages import node_packages, python_packages
from tests.docs.stage import Stage

# Pages for what is not among the project's own packages.
_NODE: Final = {"docs/integrations/node.md": "node"}
_PYTHON: Final = {
    "docs/integrations/llamaindex.md": "llamaindex",
    "docs/integrations/openllmetry.md": "openllmetry",
    "docs/integrations/servers.md": "servers",
}

_AGENT: Final = """
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
with provider.get_tracer("mine").start_as_current_span("my agent") as span:
    span.set_attribute("gen_ai.operation.name", "invoke_agent")
"""
_GRAPH: Final = """
from langchain_openai import ChatOpenAI
from langgraph.graph import START, MessagesState, StateGraph

def answer(state: MessagesState) -> dict:
    return {"messages": [ChatOpenAI(model="gpt-4o-mini").invoke(state["messages"])]}

builder = StateGraph(MessagesState)
builder.add_node("answer", answer)
builder.add_edge(START, "answer")
graph = builder.compile(name="mine")
"""
_SEEN: Final = """\
agent invoke_agent mine · {"messages": [["user", "Weather in… → It is mild.
  chain answer · Weather in Paris? → It is mild.
    llm chat gpt-4o-mini · gpt-4o-mini-2024-07-18 · 12 in, 3 out · Weather in Paris? → It is mild.
agent my agent
"""


class Brought(NamedTuple):
    """Programs that a page speaks of and does not show, and what arrives of them in the end."""

    programs: dict[str, str]
    seen: str


_BROUGHT: Final = {
    "README.md": Brought({"my_agent.py": _AGENT, "my_graph.py": _GRAPH}, _SEEN),
}


def programs_of(page: str, folder: Path) -> str:
    """The folders in which ``python`` and others are found; what else the page needs is put into
    its own folder."""
    found = []
    if page in _NODE:
        node_packages(_NODE[page], folder)
        found.append(folder / "bin")
    found.append(python_packages(_PYTHON[page]) if page in _PYTHON else Path(sys.executable).parent)
    return os.pathsep.join(map(str, found))


def bring(page: str, stage: Stage) -> None:
    """Put into the stage's folder what readers of the page have already."""
    if page in _BROUGHT:
        stage.seen_besides = _BROUGHT[page].seen
        for name, text in _BROUGHT[page].programs.items():
            (stage.folder / name).write_text(text, "utf-8")
    if page == "docs/integrations/servers.md":
        # A broker that is a folder: what is sent is what is received.
        (stage.folder / "data_out").mkdir()
        (stage.folder / "data_in").symlink_to("data_out")
        stage.environment["CELERY_BROKER_URL"] = "filesystem://"
