"""A team of agents at work side by side: about 300 spans in less than a minute.

    python demo_research_team.py              # with OPENAI_API_KEY: OpenAI; without: offline
    python demo_research_team.py --offline
    python demo_research_team.py --tokens 60000    # ends with an error: the run may use no more

A lead plans, one researcher for each region looks things up, all at the same time, and a reviewer
checks the report and sends one of them out again. What to look for in its trace:

    * Which researcher took longest, and why: a service for freight rates does not answer, and is
      asked eight times in a row all the same.
    * Pages that are gone (`read_page` fails, another page is read).
    * Notes whose sources do not agree (`check note`, with the verdict false).
    * Costs of two kinds: those of the models are estimated, `web_search` says itself what it costs.

It is written without a framework: `@traceable` makes the spans. The web is a table in
research_web.py; research_offline.py plays the model.
"""

from __future__ import annotations

import argparse
import contextvars
import json
import re
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "langgraph-agent"))

from openai import OpenAI
from research_offline import PLANNER, RESEARCHER, REVIEWER, WRITER, script
from research_web import REGIONS, SCHEMAS, TOOLS, TOPICS, rank_regions
from session import begin, model_of, parser_of, register_trace

from audittrail import semconv
from audittrail.traceable import set_attributes, set_output, start_trace, traceable

AGENT = "research-team"
QUESTION = "From which region should the roastery buy its green coffee next year?"
ATTEMPTS = 8


class TokensSpent(RuntimeError):
    """The run has used more tokens than it may."""


class Purse:
    """Counts the tokens of the whole team."""

    def __init__(self, limit: int | None) -> None:
        self.limit, self.used, self._lock = limit, 0, threading.Lock()

    def take(self, tokens: int) -> None:
        with self._lock:
            self.used += tokens
        if self.limit is not None and self.used > self.limit:
            raise TokensSpent(f"The run may use {self.limit:,} tokens and has used {self.used:,}.")


# --- the team -------------------------------------------------------------------------------------


class Team:
    def __init__(self, client: OpenAI, given: argparse.Namespace) -> None:
        self.client, self.lead, self.model = client, given.lead_model, given.model
        self.purse = Purse(given.tokens)

    def run(self, question: str) -> str:
        regions = self.plan(question)
        with ThreadPoolExecutor(len(regions)) as pool:
            # Each thread goes on in this step's context, so that its spans are its children.
            jobs = {
                region: pool.submit(contextvars.copy_context().run, self.send_out, region)
                for region in regions
            }
        findings = {region: job.result() for region, job in jobs.items()}
        ranking = rank_regions({name: figures_of(text) for name, text in findings.items()})
        report = self.write(question, ranking, list(findings.values()))
        criticism = self.review(question, report)
        if criticism is not None:
            best = ranking[0]["region"]
            again = self.send_out(best, "risk")
            report = self.write(
                question, ranking, [*findings.values(), f"Criticism: {criticism}", again]
            )
            self.review(question, report)
        return report

    @traceable(span_type="chain")
    def plan(self, question: str) -> list[str]:
        said = self.ask(self.lead, [system(PLANNER), user(question)]).content or ""
        named = [region for region in REGIONS if region in said]
        return named or list(REGIONS)

    def send_out(self, region: str, topic: str | None = None) -> str:
        """A researcher, who is an agent of its own."""
        agent = f"researcher {region}"
        told = {"gen_ai.agent.name": agent, semconv.AGENT_NAME: agent}
        traced = traceable(span_type="agent", name=agent, attributes=told)(self.research)
        return traced(region, topic or "all")

    def research(self, region: str, topic: str) -> str:
        """A model and four tools in a loop."""
        task = f"Region: {region}. Port: {REGIONS[region][0]}. Topic: {topic}."
        messages: list[Any] = [system(RESEARCHER), user(task)]
        while True:
            said = self.ask(self.model, messages, SCHEMAS)
            if not said.tool_calls:
                return str(said.content)
            messages.append(
                said.model_dump(include={"role", "content", "tool_calls"}, exclude_none=True)
            )
            for call in said.tool_calls:
                result = use(call.function.name, json.loads(call.function.arguments), call.id)
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result})

    @traceable(span_type="chain", name="write report")
    def write(self, question: str, ranking: list[dict[str, Any]], findings: list[str]) -> str:
        told = f"Question: {question}\n\nRanking: {json.dumps(ranking)}\n\n" + "\n\n".join(findings)
        return str(self.ask(self.lead, [system(WRITER), user(told)]).content)

    @traceable(span_type="guardrail", name="review report")
    def review(self, question: str, report: str) -> str | None:
        """What is missing, or None. The verdict is the output of the step."""
        told = f"Question: {question}\n\nReport: {report}"
        said = str(self.ask(self.lead, [system(REVIEWER), user(told)]).content)
        passed = said.startswith("OK")
        set_output(
            {"verdict": passed, "label": "pass" if passed else "revise", "explanation": said}
        )
        return None if passed else said

    @traceable(span_type="llm", name="chat", capture_input=False)
    def ask(self, model: str, messages: list[Any], tools: Any = ()) -> Any:
        """One call of a model, streamed, so that the time to the first token is known."""
        started = time.perf_counter()
        given = {
            semconv.INPUT: {"messages": messages, "tools": tools},
            "gen_ai.request.model": model,
        }
        set_attributes({**given, "gen_ai.provider.name": "openai"})
        more: Any = {"tools": tools} if tools else {}
        usage: Any = {"include_usage": True}
        with self.client.chat.completions.stream(
            model=model, messages=messages, stream_options=usage, **more
        ) as stream:
            for number, _ in enumerate(stream):
                if number == 0:
                    waited = (time.perf_counter() - started) * 1e3
                    set_attributes({semconv.TTFT_MS: round(waited, 1)})
            got = stream.get_final_completion()
        set_attributes(answered(got))
        self.purse.take(got.usage.total_tokens if got.usage else 0)
        return got.choices[0].message


def answered(got: Any) -> dict[str, Any]:
    """What a span says of the model's answer, in the words of OpenTelemetry's conventions."""
    message = got.choices[0].message
    parts: list[Any] = [{"type": "text", "content": message.content}] if message.content else []
    for call in message.tool_calls or ():
        said = {"name": call.function.name, "arguments": json.loads(call.function.arguments)}
        parts.append({"type": "tool_call", "id": call.id, **said})
    reason = got.choices[0].finish_reason
    usage = {} if got.usage is None else {
        "gen_ai.usage.input_tokens": got.usage.prompt_tokens,
        "gen_ai.usage.output_tokens": got.usage.completion_tokens,
    }  # fmt: skip
    return usage | {
        "gen_ai.response.model": got.model,
        "gen_ai.response.id": got.id,
        "gen_ai.response.finish_reasons": [reason],
        "gen_ai.output.messages": [{"role": "assistant", "parts": parts, "finish_reason": reason}],
    }


def use(name: str, arguments: dict[str, Any], call_id: str) -> str:
    """Use a tool. One that does not answer in time is asked again, at once, and again: that is a
    mistake, made on purpose."""
    for attempt in range(1, ATTEMPTS + 1):
        told: dict[str, Any] = {"gen_ai.tool.call.id": call_id}
        if attempt > 1:
            told[semconv.RETRY_ATTEMPT] = attempt
        try:
            return traceable(span_type="tool", name=name, attributes=told)(TOOLS[name])(**arguments)
        except TimeoutError as error:
            problem = str(error)
        except LookupError as error:
            return f"Error: {error}"
    return f"Error: {problem} Asked {ATTEMPTS} times."


def figures_of(finding: str) -> dict[str, float]:
    """The five figures of a researcher's report."""
    return {
        topic: float(found[1]) if (found := re.search(rf"{topic} ([\d.]+) ", finding)) else 0.0
        for topic in TOPICS
    }


def system(text: str) -> dict[str, str]:
    return {"role": "system", "content": text}


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def main() -> None:
    parser = parser_of("A team of agents side by side, traced live.", QUESTION)
    parser.add_argument("--lead-model", default="gpt-4.1", help="default: gpt-4.1")
    parser.add_argument("--tokens", type=int, help="how many tokens the run may use")
    given = parser.parse_args()
    begin(AGENT, given)
    trace_id = register_trace(AGENT, given.question, given)
    who = {"session_id": given.session, "user_id": given.user}
    with model_of(given, script), OpenAI() as client:
        team = Team(client, given)
        try:
            with start_trace(
                AGENT, given.environment, trace_id=trace_id, input=given.question, **who
            ):
                report = team.run(given.question)
                set_output(report)
        except TokensSpent as error:
            report = str(error)
        print(report)


if __name__ == "__main__":
    main()
