"""What each part of the team of demo_research_team.py is told to be, and what it says when a
script plays the model."""

from __future__ import annotations

import json
import re

from research_web import REGIONS, TOPICS

from audittrail.testing.model_server import Answer, ModelRequest, ToolCall

PLANNER = (
    "You lead a team of researchers. Name the regions to look into, one a line, no other text."
)
RESEARCHER = (
    "You look into one coffee region. For each of price, harvest, freight, quality and risk: "
    "search, read two pages, take a note with the figure and its sources. Ask the freight service "
    "as well. Then report all five figures in one paragraph."
)
WRITER = (
    "You write the team's report in one paragraph: the region to buy from and why, from the "
    "ranking and the findings. If there is criticism, answer it with what was found out since."
)
REVIEWER = (
    "You check a report before it goes out. It must say how often shipments are late, with a "
    "second look at that figure. Reply OK, or what is missing in one sentence."
)


def script(request: ModelRequest) -> Answer:
    """Answer as the part of the team that is asking, from what it has been told alone."""
    if request.system == PLANNER:
        return Answer("\n".join(REGIONS), delay=1.2)
    if request.system == WRITER:
        return report_of(request.question)
    if request.system == REVIEWER:
        done = "second look" in request.question
        return Answer(
            "OK" if done else "Say how often shipments are late, after a second look.", delay=0.9
        )
    return researcher(request)


def researcher(request: ModelRequest) -> Answer:
    """Search, read two pages, take a note and search for the next."""
    said = re.search(r"Region: (.+?)\. Port: (.+?)\. Topic: (\w+)", request.question)
    assert said is not None
    region, port, asked = said.groups()
    topics = list(TOPICS) if asked == "all" else [asked]
    noted = sum(result.name == "take_note" for result in request.results)
    if noted == len(topics):
        return summary(request, region, topics)
    topic = topics[noted]
    searches = [result for result in request.results if result.name == "web_search"]
    if len(searches) == noted:
        return Answer(f"I begin with the {topic}.", look_up(region, port, topic), delay=0.4)
    tried = {
        result.arguments["url"]: result.text
        for result in request.results
        if result.name == "read_page"
    }
    read = [
        url for url, text in tried.items() if url.endswith(topic) and not text.startswith("Error")
    ]
    if len(read) < 2:
        urls = [page["url"] for page in searches[-1].json if page["url"] not in tried]
        calls = [ToolCall("read_page", {"url": url}) for url in urls[: 2 - len(read)]]
        return Answer(tool_calls=calls, delay=0.3)
    values = [float(each) for url in read for each in re.findall(r"Figure: ([\d.]+)", tried[url])]
    value = round(sum(values) / len(values), 3)
    note = {"region": region, "topic": topic, "value": value, "sources": read}
    following = look_up(region, port, topics[noted + 1]) if noted + 1 < len(topics) else []
    return Answer(tool_calls=[ToolCall("take_note", note), *following], delay=0.4)


def look_up(region: str, port: str, topic: str) -> list[ToolCall]:
    calls = [ToolCall("web_search", {"query": f"{region} coffee {topic} this season"})]
    if topic == "freight":
        calls.append(ToolCall("freight_quote", {"port": port, "kilograms": 6000}))
    return calls


def summary(request: ModelRequest, region: str, topics: list[str]) -> Answer:
    notes = " ".join(result.text for result in request.results if result.name == "take_note")
    values = dict(re.findall(r", (\w+): ([\d.]+)", notes))
    told = "; ".join(f"{topic} {values[topic]} {TOPICS[topic]}" for topic in topics)
    again = "After a second look: " if len(topics) == 1 else ""
    doubts = notes.count("apart")
    warning = f" The sources of {doubts} of these figures do not agree." if doubts else ""
    return Answer(f"{again}{region}: {told}.{warning}", delay=0.5, reasoning_tokens=48)


def report_of(told: str) -> Answer:
    ranking = json.loads(re.search(r"Ranking: (\[.*?\])\n", told)[1])  # type: ignore[index]
    best, second = ranking[0], ranking[1]
    text = (
        f"Buy from {best['region']}. It has {best['points']:.1f} points, and {second['region']}, "
        f"which comes next, {second['points']:.1f}; a kilogram costs {best['landed']:.2f} euros in "
        f"Hamburg."
    )
    looked = re.search(r"After a second look: .*?risk ([\d.]+) percent", told)
    if looked:
        text += f" After a second look, {looked[1]} percent of its shipments were late last year."
    return Answer(text, delay=1.5)
