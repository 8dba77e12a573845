"""An agent that meets trouble and gets there in the end.

    python demo_debugging.py              # with OPENAI_API_KEY: gpt-4o-mini; without: offline
    python demo_debugging.py --offline

What goes wrong, in this order:

    * `price_of` does not know the product by that name. Its error says which names there are.
    * `rate_of` does not answer in time, twice. The third call gives the rate.
    * The model writes arguments that are not JSON. It is told so, and writes them again.
    * The model's service says that there are too many requests. The node is run again.

The last two are the offline model's doing: a real one may never do them. The graph is the same.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any, Literal

sys.path.insert(0, str(Path(__file__).parent / "langgraph-agent"))

import openai
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import RetryPolicy
from session import chat_model, live_trace, options, pause

from audittrail.testing.model_server import Answer, ModelRequest, ToolCall, rate_limited

QUESTION = "What does a bag of the espresso blend cost in dollars?"
SYSTEM = (
    "You answer questions on prices. Look up the price in euros and the rate, at the same time, "
    "then convert. If a tool fails, mend the call or make it again, up to four times."
)
PRICES = {"espresso-blend-1kg": 18.5, "filter-blend-1kg": 17.0, "decaf-1kg": 19.0}
RATES = {"USD": 1.08, "GBP": 0.86}

calls_of_rate = 0


@tool
def price_of(product: str) -> str:
    """The price of a product in euros."""
    pause(0.5)
    if product not in PRICES:
        raise ValueError(f"There is no {product!r}. There are: {', '.join(PRICES)}.")
    return f"{product}: {PRICES[product]:.2f} euros"


@tool
def rate_of(currency: str) -> str:
    """How much one euro is in another currency, such as USD."""
    global calls_of_rate
    calls_of_rate += 1
    if calls_of_rate < 3:
        pause(1.2)
        raise TimeoutError("The service for rates did not answer within 1.2 s.")
    pause(0.6)
    return f"1 EUR = {RATES[currency]} {currency}"


@tool
def convert(euros: float, rate: float) -> str:
    """An amount of euros in another currency."""
    pause(0.2)
    return f"{euros * rate:.2f}"


TOOLS = [price_of, rate_of, convert]


def think(state: MessagesState, config: RunnableConfig) -> dict[str, Any]:
    # Without retries of its own, so that a refusal is seen, and the graph makes it good.
    model = chat_model(retries=0).bind_tools(TOOLS)
    return {"messages": [model.invoke([("system", SYSTEM), *state["messages"]], config)]}


def what_next(state: MessagesState) -> Literal["tools", "explain", "__end__"]:
    last = state["messages"][-1]
    assert isinstance(last, AIMessage)
    if last.invalid_tool_calls:
        return "explain"
    return "tools" if last.tool_calls else "__end__"


def explain(state: MessagesState) -> dict[str, Any]:
    """Tell the model what is wrong with its arguments."""
    last = state["messages"][-1]
    assert isinstance(last, AIMessage)
    bad = {call["id"] for call in last.invalid_tool_calls}
    said = {True: "The arguments are not JSON. Write them again.", False: "Not run. Call it again."}
    calls = [*last.tool_calls, *last.invalid_tool_calls]
    return {
        "messages": [
            ToolMessage(said[call["id"] in bad], tool_call_id=call["id"], status="error")
            for call in calls
        ]
    }


def build_graph() -> CompiledStateGraph[Any, Any, Any, Any]:
    again = RetryPolicy(retry_on=openai.RateLimitError, initial_interval=0.5, jitter=False)
    graph = StateGraph(MessagesState)
    graph.add_node("think", think, retry_policy=again)
    graph.add_node("tools", ToolNode(TOOLS, handle_tool_errors=True))
    graph.add_node("explain", explain)
    graph.add_edge(START, "think")
    graph.add_conditional_edges("think", what_next, ["tools", "explain", END])
    graph.add_edge("tools", "think")
    graph.add_edge("explain", "think")
    return graph.compile(name="price-desk")


def script(request: ModelRequest) -> Answer:
    """The model, offline: it looks at what the tools gave, and repeats what failed."""
    given = " ".join(result.text for result in request.results)
    price = re.search(r"([\w-]+): ([\d.]+) euros", given)
    rate = re.search(r"1 EUR = ([\d.]+) (\w+)", given)
    if not price or not rate:
        calls = []
        if not price:
            # The error of the first call says how the products are called.
            known = re.search(r"There are: ([\w-]+)", given)
            calls.append(ToolCall("price_of", {"product": known[1] if known else "espresso blend"}))
        if not rate:
            calls.append(ToolCall("rate_of", {"currency": "USD"}))
        return Answer("Let me look that up." if request.turns == 0 else None, calls, delay=0.3)
    converted = request.result_of("convert")
    if converted is None:
        return Answer(tool_calls=[ToolCall("convert", f"{{euros: {price[2]}, rate: {rate[1]}}}")])
    if "not JSON" in converted.text:
        amounts = {"euros": float(price[2]), "rate": float(rate[1])}
        return Answer(tool_calls=[ToolCall("convert", amounts)])
    if request.attempt == 1:
        return rate_limited(retry_after=1)
    return Answer(f"A bag of {price[1]} costs {converted.text} {rate[2]}, {price[2]} euros.")


def main() -> None:
    given = options("An agent that fails, tries again and succeeds, traced live.", QUESTION)
    with live_trace("price-desk", given, script) as run:
        begin = {"messages": [HumanMessage(given.question)]}
        print(build_graph().invoke(begin, run.config)["messages"][-1].text)


if __name__ == "__main__":
    main()
