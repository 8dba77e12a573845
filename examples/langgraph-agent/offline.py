"""What the model says when there is none: a script for the model server.

Each answer is made from the messages that the model would have read and from nothing else, like a
model's. So the parts of the agent depend on each other as they really do: if a tool's result were
missing, or had another figure in it, what follows from it would be different.
"""

from __future__ import annotations

import re

import prompts
from tools import SUMMARISE

from audittrail.testing.model_server import Answer, ModelRequest, ToolCall

UNKNOWN = "I do not know."


def script(request: ModelRequest) -> Answer:
    """Answer as the part of the agent that is asking."""
    return PARTS[request.system](request)


def planner(request: ModelRequest) -> Answer:
    supplier = named_supplier(request.question)
    return Answer(
        f"Terms: what do the terms of {supplier} say on the size of an order and its delivery?\n"
        f"Stock: how much is there, how fast is it used, and what does {supplier} ask for more?\n"
        "Market: what does green coffee cost elsewhere at this time of the year?",
        delay=0.6,
    )


def researcher(request: ModelRequest) -> Answer:
    task, _, _ = request.question.partition(":")
    return {"Terms": terms, "Stock": stock, "Market": market}[task](request)


def terms(request: ModelRequest) -> Answer:
    """One document, then the one that it points to."""
    supplier = named_supplier(request.question)
    name = supplier.lower().replace(" ", "-") + "-terms.md"
    if not request.results:
        return Answer(tool_calls=[ToolCall("read_file", {"name": name})], delay=0.4)
    first = request.results[0].text
    hint = re.search(r"see `([\w-]+\.md)`", first)
    if hint and len(request.results) == 1:
        return Answer(tool_calls=[ToolCall("read_file", {"name": hint[1]})], delay=0.3)
    found = re.search(r"Minimum order: [\d,]+ kg", first)
    if not found:
        return Answer(f"{UNKNOWN} {name} says nothing on the size of an order.")
    late = re.search(rf"\| {supplier} \| (\d+) \| (\d+) \|", request.results[-1].text)
    more = f" Of {late[1]} deliveries {late[2]} came on time (deliveries.md)." if late else ""
    return Answer(f"{found[0]} ({name}).{more}")


def stock(request: ModelRequest) -> Answer:
    """Two queries at once."""
    supplier = named_supplier(request.question)
    if not request.results:
        queries = [
            "SELECT kg, kg_per_week FROM stock WHERE product LIKE 'washed%'",
            f"SELECT euros_per_kg, valid_until FROM offers WHERE supplier = '{supplier}'",
        ]
        return Answer(tool_calls=[ToolCall("query_database", {"sql": sql}) for sql in queries])
    said = []
    for result in request.results:
        for row in result.json or ():
            if "kg_per_week" in row:
                weeks = row["kg"] / row["kg_per_week"]
                said.append(f"There are {row['kg']} kg of washed arabica, {weeks:.1f} weeks' use.")
            else:
                price = f"{row['euros_per_kg']:.2f}"
                said.append(f"{supplier} asks {price} euros per kg until {row['valid_until']}.")
    return Answer(" ".join(said) or f"{UNKNOWN} The database has nothing on that.")


def market(request: ModelRequest) -> Answer:
    """A search and the clock at once."""
    if not request.results:
        search = ToolCall("web_search", {"query": "price of green coffee, washed arabica"})
        return Answer(tool_calls=[search, ToolCall("current_time", {})], delay=0.4)
    found = request.result_of("web_search")
    price = re.search(r"([\d.]+) euros a kilogram", found.text if found else "")
    if not price:
        return Answer(f"{UNKNOWN} No page has a price.")
    return Answer(f"The market price of washed arabica is {price[1]} euros per kg.")


def analyst(request: ModelRequest) -> Answer:
    """Two tools at once, then a summary, then the results in one sentence each."""
    told = request.question
    needed = re.search(r"([\d,]+) kg", told)
    asked = re.search(r"asks ([\d.]+) euros", told)
    usual = re.search(r"market price of washed arabica is ([\d.]+)", told)
    if not request.results:
        calls = []
        if needed and asked:
            product = f"{needed[1].replace(',', '')} * {asked[1]}"
            calls.append(ToolCall("calculator", {"expression": product}))
        if asked and usual:
            values = {"first_value": float(asked[1]), "second_value": float(usual[1])}
            names = {"first": "the offer", "second": "the market price", "unit": "euros per kg"}
            calls.append(ToolCall("compare", names | values))
        if calls:
            return Answer("I work out the costs first.", calls, delay=0.4)
    if request.result_of("summarise") is None:
        findings = told.partition("\n\n")[2]
        return Answer(tool_calls=[ToolCall("summarise", {"text": findings})], delay=0.3)
    results = [each.text for each in request.results if each.name != "summarise"]
    return Answer("; ".join([*results, "the findings are summarised"]) + ".", reasoning_tokens=32)


def summariser(request: ModelRequest) -> Answer:
    """Every sentence that has a figure."""
    sentences = re.findall(r"[A-Z][^.?]*\d[^?]*?\.(?=\s|$)", request.question)
    return Answer(" ".join(sentences) or "There are no figures.")


def writer(request: ModelRequest) -> Answer:
    """The verdict rests on the minimum order alone, compared with what is asked for."""
    told = request.question
    needed = re.search(r"Question: .*?([\d,]+) kg", told)
    least = re.search(r"Minimum order: ([\d,]+) kg \(([\w-]+\.md)\)", told)
    if not needed or not least:
        return Answer(f"{UNKNOWN} The findings do not say how much has to be ordered at least.")
    need, minimum = (int(each.replace(",", "")) for each in (needed[1], least[1]))
    verdict = "Yes" if need >= minimum else "No"
    text = f"{verdict}: the smallest order that is taken is {minimum:,} kg ({least[2]})"
    if "Criticism:" in told:
        side = "above" if need >= minimum else "short of"
        text += f", and {need:,} kg is {abs(need - minimum):,} kg {side} that"
    return Answer(text + ".", delay=0.5)


def reviewer(request: ModelRequest) -> Answer:
    draft = request.question.partition("Draft: ")[2]
    if draft.startswith(UNKNOWN) or re.search(r"(above|short of) that", draft):
        return Answer("OK")
    return Answer("Say how far the quantity in the question is from the minimum.")


def named_supplier(text: str) -> str:
    found = re.search(r"\b(Monte Claro|Finca Alba)\b", text)
    return found[0] if found else "Monte Claro"


PARTS = {
    prompts.PLANNER: planner,
    prompts.RESEARCHER: researcher,
    prompts.ANALYST: analyst,
    prompts.WRITER: writer,
    prompts.REVIEWER: reviewer,
    SUMMARISE: summariser,
}
