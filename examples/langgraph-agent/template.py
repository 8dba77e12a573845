"""The least that it takes to trace a LangGraph agent. Copy it and put your graph in its place.

    pip install 'audittrail-otel[langchain]' langgraph langchain-openai
    export AUDITTRAIL_ENDPOINT=http://localhost:8000    # where `audittrail serve --local` listens
    export AUDITTRAIL_API_KEY=sk-at-...                 # not needed by a server in local mode
    export OPENAI_API_KEY=sk-...                        # without: a script plays the model
    python template.py

The only file that it needs is this one.
"""

from __future__ import annotations

import contextlib
import os
import sys

from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition

from audittrail.callback_handler import AuditTrailCallbackHandler
from audittrail.errors import AuditTrailError
from audittrail.ingestor import AuditTrailIngestor
from audittrail.otel_exporter import flush
from audittrail.testing.model_server import offline_openai

# 1. Your agent ------------------------------------------------------------------------------------


@tool
def get_weather(city: str) -> str:
    """The weather in a city now."""
    return f"{city}: mild, 17 degrees"


def think(state: MessagesState) -> MessagesState:
    model = ChatOpenAI(model="gpt-4o-mini").bind_tools([get_weather])
    return {"messages": [model.invoke(state["messages"])]}


builder = StateGraph(MessagesState)
builder.add_node("think", think)
builder.add_node("tools", ToolNode([get_weather]))
builder.add_edge(START, "think")
builder.add_conditional_edges("think", tools_condition)
builder.add_edge("tools", "think")
graph = builder.compile(name="weather-guide")

# 2. A trace for one run of it ---------------------------------------------------------------------

with AuditTrailIngestor() as ingestor:
    print(f"[OK] {ingestor.describe_key()}")
    try:
        trace_id = ingestor.register_trace("Weather in Paris", agent_name="weather-guide")
    except AuditTrailError as error:
        sys.exit(f"[FAILED] {error}")
    print(f"[OK] Trace registered: {trace_id}")
    print(f"[LIVE] Open {ingestor.trace_url(trace_id)} to watch live", flush=True)

# 3. Run it with the handler -----------------------------------------------------------------------

handler = AuditTrailCallbackHandler(trace_id=trace_id)
offline = not os.environ.get("OPENAI_API_KEY")
with offline_openai() if offline else contextlib.nullcontext():
    question = HumanMessage("What is the weather in Paris?")
    result = graph.invoke({"messages": [question]}, config={"callbacks": [handler]})
    print(result["messages"][-1].content)

if not flush():
    sys.exit("[FAILED] Some spans could not be sent; they are kept and sent by the next run.")
print("[LIVE] All spans sent incrementally. Trace complete.")
