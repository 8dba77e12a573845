"""An agent that looks things up in a handbook, and a conversation of several turns with it.

    python demo_retrieval.py              # with OPENAI_API_KEY: OpenAI; without: offline
    python demo_retrieval.py --offline
    python demo_retrieval.py --question "May I roast on my own?" --then "And at night?"
    python demo_retrieval.py --contract 0.90/2.70    # the agent says itself what its calls cost

Each turn is a trace, and all of them are one session. In a trace: the question is made one that
stands alone, an embedding of it finds documents (`retriever`, with ids and scores), a `reranker`
puts the best first, the model answers with numbers in brackets that name them, and a check sees
whether each number is that of a document.

It is written without a framework: `@traceable` makes the spans.
"""

from __future__ import annotations

import argparse
import re
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "langgraph-agent"))

from openai import OpenAI
from session import begin, model_of, parser_of, pause, register_trace

from audittrail import semconv
from audittrail.testing.model_server import Answer, ModelRequest
from audittrail.traceable import set_attributes, set_output, start_trace, traceable

AGENT = "handbook-guide"
QUESTION = "How long do beans rest for filter coffee?"
THEN = ("And for espresso?", "Who decides when a batch fails the cupping?")
EMBEDDING = "text-embedding-3-small"
FOUND, USED = 5, 3

HANDBOOK = {
    "rest-01": "Beans for filter coffee rest for two days before they are packed, so that most of "
    "the carbon dioxide is gone.",
    "rest-02": "Beans for espresso rest for seven days, since trapped gas makes the crema bitter.",
    "cup-01": "Every batch is cupped on the day after roasting. Below 80 points it fails.",
    "cup-02": "When a batch fails the cupping, the head roaster decides whether it is blended, "
    "sold as seconds or composted.",
    "pack-01": "Bags are sealed with a valve. The date on the bag is the day of roasting, not the "
    "day of packing.",
    "store-01": "Green coffee is stored between 15 and 20 degrees, and away from the wall.",
    "safe-01": "Nobody roasts alone. A second person is in the building, at night as well, and "
    "knows where the extinguisher is.",
    "safe-02": "The chaff collector is emptied after every fourth batch. A full one catches fire.",
    "buy-01": "Orders of green coffee above 2,000 euros are approved by the buyer and the owner.",
    "ship-01": "Parcels leave on Monday, Wednesday and Friday at 15:00.",
}

REWRITER = "Make the last question one that can be understood without the conversation before it."
ANSWERER = (
    "Answer in one or two sentences from the documents alone, and put the number of the document "
    "that says it in brackets. Say so if they do not say it."
)


@dataclass
class Guide:
    """Answers questions, and remembers those before."""

    client: OpenAI
    model: str
    price: tuple[float, float] | None = None
    before: list[str] = field(default_factory=list)
    vectors: dict[str, list[float]] = field(default_factory=dict)

    def answer(self, question: str) -> str:
        asked = self.alone(question) if self.before else question
        documents = self.rerank(asked, self.retrieve(asked))
        numbered = "\n".join(f"[{at}] {each['content']}" for at, each in enumerate(documents, 1))
        told = f"Documents:\n{numbered}\n\nQuestion: {asked}"
        said = "".join(self.ask("answer", [system(ANSWERER), user(told)]))
        check_citations(said, [each["id"] for each in documents])
        self.before.append(asked)
        return said

    @traceable(span_type="chain", name="make it stand alone")
    def alone(self, question: str) -> str:
        told = "\n".join([*self.before, f"Last: {question}"])
        return "".join(self.ask("rewrite", [system(REWRITER), user(told)]))

    @traceable(span_type="retriever", name="search handbook", capture_output=False)
    def retrieve(self, query: str) -> list[dict[str, Any]]:
        if not self.vectors:
            self.vectors = dict(zip(HANDBOOK, self.embed(list(HANDBOOK.values())), strict=True))
        [wanted] = self.embed([query])
        pause(0.25)
        scored = sorted(
            ((round(product(wanted, vector), 4), name) for name, vector in self.vectors.items()),
            reverse=True,
        )
        found = [
            {
                "id": name,
                "score": score,
                "content": HANDBOOK[name],
                "metadata": {"source": f"handbook/{name}.md"},
            }
            for score, name in scored[:FOUND]
        ]
        set_attributes({"gen_ai.data_source.id": "handbook", "gen_ai.retrieval.documents": found})
        return found

    @traceable(span_type="embedding", name=f"embed {EMBEDDING}", capture_output=False)
    def embed(self, texts: list[str]) -> list[list[float]]:
        pause(0.3)
        got = self.client.embeddings.create(model=EMBEDDING, input=texts)
        usage = {"gen_ai.usage.input_tokens": got.usage.prompt_tokens}
        set_attributes(
            {"gen_ai.request.model": EMBEDDING, "gen_ai.provider.name": "openai", **usage}
        )
        if self.price is not None:
            set_attributes({semconv.COST: got.usage.prompt_tokens * self.price[0] / 1e6})
        set_output(f"{len(got.data)} vectors of {len(got.data[0].embedding)} numbers")
        return [each.embedding for each in got.data]

    @traceable(span_type="reranker", name="rerank")
    def rerank(self, query: str, documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """By how many words of the question a document has, a rare word more than a common one."""
        pause(0.2)
        everything = [words(each) for each in HANDBOOK.values()]
        wanted = words(query)
        rated = [
            each
            | {
                "score": round(
                    sum(
                        1 / sum(word in others for others in everything)
                        for word in wanted & words(each["content"])
                    ),
                    4,
                )
            }
            for each in documents
        ]
        return sorted(rated, key=lambda each: -each["score"])[:USED]

    @traceable(span_type="llm", name="chat", capture_input=False)
    def ask(self, purpose: str, messages: list[Any]) -> Iterator[str]:
        """One call of the model, streamed."""
        set_attributes({semconv.INPUT: messages, "purpose": purpose})
        told = {"gen_ai.request.model": self.model, "gen_ai.provider.name": "openai"}
        set_attributes(told)
        chunks = self.client.chat.completions.create(
            model=self.model, messages=messages, stream=True, stream_options={"include_usage": True}
        )
        for chunk in chunks:
            if chunk.usage is not None:
                tokens = chunk.usage.prompt_tokens, chunk.usage.completion_tokens
                set_attributes(
                    {
                        "gen_ai.response.model": chunk.model,
                        "gen_ai.usage.input_tokens": tokens[0],
                        "gen_ai.usage.output_tokens": tokens[1],
                    }
                )
                if self.price is not None:
                    cost = sum(count * each for count, each in zip(tokens, self.price, strict=True))
                    set_attributes({semconv.COST: cost / 1e6})
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content


@traceable(span_type="guardrail", name="check citations", capture_output=False)
def check_citations(answer: str, documents: list[str]) -> None:
    """Whether the answer names a document, and none that is not there."""
    named = sorted({int(number) for number in re.findall(r"\[(\d+)\]", answer)})
    wrong = [number for number in named if not 1 <= number <= len(documents)]
    passed = bool(named) and not wrong
    cited = ", ".join(documents[number - 1] for number in named if number not in wrong)
    said = f"The answer rests on {cited}." if passed else f"No document has the numbers {wrong}."
    if not named:
        said = "The answer names no document."
    set_output({"verdict": passed, "score": float(passed), "explanation": said})


def script(request: ModelRequest) -> Answer:
    """The model, offline: what it answers it finds in what it is told."""
    if request.system == REWRITER:
        *before, last = request.question.removeprefix("Last: ").split("\nLast: ")
        topic = re.search(r"And (?:for|at|in) (.+)\?", last)
        if not topic or not before:
            return Answer(last, delay=0.3)
        changed = topic[0].removeprefix("And ").rstrip("?")
        earlier = before[-1].splitlines()[-1].rstrip("?")
        kept = earlier.partition(f" {changed.split()[0]} ")[0]
        return Answer(f"{kept} {changed}?", delay=0.4)
    asked = words(request.question.rpartition("Question: ")[2])
    lines = re.findall(r"\[(\d)\] (.+)", request.question)
    best = max(lines, key=lambda line: len(asked & words(line[1])))
    if len(asked & words(best[1])) < 2:
        return Answer("The handbook does not say that.", delay=0.5)
    return Answer(f"{best[1]} [{best[0]}]", delay=0.6)


def words(text: str) -> set[str]:
    """The longer ones, without their endings."""
    return {word[:5] for word in re.findall(r"[a-z]+", text.lower()) if len(word) > 3}


def product(first: list[float], second: list[float]) -> float:
    return sum(a * b for a, b in zip(first, second, strict=True))


def system(text: str) -> dict[str, str]:
    return {"role": "system", "content": text}


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def contract(text: str) -> tuple[float, float]:
    given, returned = text.split("/")
    return float(given), float(returned)


def options() -> argparse.Namespace:
    parser = parser_of("A conversation with an agent that looks things up, traced live.", QUESTION)
    parser.add_argument("--then", action="append", help=f"the turns after it; default: {THEN}")
    parser.add_argument(
        "--contract", type=contract, help="USD for a million tokens in and out, such as 0.90/2.70"
    )
    given = parser.parse_args()
    if given.then is None:
        given.then = list(THEN) if given.question == QUESTION else []
    given.session = given.session or f"handbook-{uuid.uuid4().hex[:8]}"
    return given


def main() -> None:
    given = options()
    begin(AGENT, given)
    with model_of(given, script), OpenAI() as client:
        guide = Guide(client, given.model, given.contract)
        for at, question in enumerate([given.question, *given.then]):
            if at:
                pause(5)  # the person reads
            given.question = question
            trace_id = register_trace(AGENT, question, given)
            with start_trace(
                AGENT,
                given.environment,
                trace_id=trace_id,
                session_id=given.session,
                user_id=given.user,
                input=question,
            ):
                answer = guide.answer(question)
                set_output(answer)
            print(answer, flush=True)


if __name__ == "__main__":
    main()
