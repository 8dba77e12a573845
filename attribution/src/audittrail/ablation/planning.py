"""From a recorded trace to the steps of an ablation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from audittrail.ablation.dissection import dissect
from audittrail.ablation.history import History
from audittrail.ablation.measure import Measure
from audittrail.ablation.request import AblationRequest
from audittrail.ablation.step import Step
from audittrail.ablation.targets import Target, final_target
from audittrail.attribution import Answer, sentences
from audittrail.errors import Conflict, InvalidInput

__all__ = ["NOTHING", "Plan", "make_plan"]

NOTHING: Final = "This trace has no model call with recorded input, so there is nothing to re-run."
_MOST_STEPS: Final = 16
_UNPRICED_MODEL: Final = "unknown"


@dataclass(frozen=True)
class Plan:
    """``steps``: the target's first, the others so that each comes after all that it leads to.
    ``notices`` are sentences on the whole for whoever reads the result."""

    steps: tuple[Step, ...]
    notices: tuple[str, ...]

    @property
    def target(self) -> Step:
        return self.steps[0]

    @property
    def all_notices(self) -> list[str]:
        """Also those of the steps."""
        told = [notice for step in self.steps for notice in step.notices]
        return list(dict.fromkeys([*self.notices, *told]))

    def step(self, span_id: str) -> Step | None:
        return next((step for step in self.steps if step.span_id == span_id), None)

    def as_dict(self) -> dict[str, Any]:
        return {"steps": [step.as_dict() for step in self.steps], "notices": list(self.notices)}

    @classmethod
    def from_dict(cls, said: dict[str, Any]) -> Plan:
        return cls(tuple(map(Step.from_dict, said["steps"])), tuple(said["notices"]))


def make_plan(
    history: History,
    targets: Sequence[Target],
    request: AblationRequest,
    target_hex: str | None,
    seed: int = 0,
) -> Plan:
    """Raises InvalidInput for a target or a sentence that is none, Conflict where there is nothing
    to explain."""
    target = _chosen(history, targets, target_hex)
    measure = _measure(target.recorded.answer, request)
    sentence = _sentence(target.recorded.answer, request) if measure == "sentence" else None
    first = _step(history, target, request, measure, sentence, 0, seed)
    if not first.players:
        raise Conflict("All of this prompt is kept, so there is nothing to take away.")
    steps, notices = [first], []
    if request.steps == "all":
        earlier, cut = _earlier(history, targets, request, first, seed)
        steps += earlier
        if cut:
            notices = [f"Only {_MOST_STEPS} steps are explained; what lies before is not."]
    return Plan(tuple(steps), tuple(notices))


def _chosen(history: History, targets: Sequence[Target], wanted: str | None) -> Target:
    if wanted is None:
        found = final_target(history, targets)
        if found is None:
            raise Conflict(NOTHING)
        return found
    same = next((each for each in targets if each.row["span_id"] == wanted), None)
    if same is None:
        raise InvalidInput("This trace has no model call with this id.", field="target")
    if same.why_not is not None:
        raise Conflict(same.why_not)
    return same


def _measure(answer: Answer, request: AblationRequest) -> Measure:
    if request.measure == "auto":
        if request.sentence is not None:
            return "sentence"
        return "decision" if answer.tool_calls else "text"
    if request.measure == "arguments" and not answer.tool_calls:
        raise InvalidInput("This call asked for no tool, so it has no arguments.", field="measure")
    if request.measure in ("text", "sentence", "likelihood") and not answer.text.strip():
        raise InvalidInput("This call returned no text; explain its decision.", field="measure")
    return request.measure


def _sentence(answer: Answer, request: AblationRequest) -> str:
    found = sentences(answer.text)
    place = request.sentence or 0
    if place >= len(found):
        raise InvalidInput(f"The answer has {len(found)} sentences, from 0.", field="sentence")
    return found[place]


def _earlier(
    history: History,
    targets: Sequence[Target],
    request: AblationRequest,
    first: Step,
    seed: int,
) -> tuple[list[Step], bool]:
    """Steps for the model outputs among the sources, and among theirs, the latest first, since a
    call leads only to later ones; and whether there were too many."""
    by_id = {each.row["span_id"]: each for each in targets if each.why_not is None}
    plain = AblationRequest(mode=request.mode, model=request.model)
    made: dict[str, Step] = {}
    waiting = [first]
    while waiting:
        step = waiting.pop(0)
        for source in step.prompt.sources:
            found = by_id.get(source.written_by or "")
            if found is None or source.pinned or found.row["span_id"] in made:
                continue
            if len(made) >= _MOST_STEPS - 1:
                return _latest_first(made), True
            measure: Measure = "text" if found.recorded.answer.text.strip() else "decision"
            if request.measure == "likelihood" and measure == "text":
                measure = "likelihood"
            earlier = _step(history, found, plain, measure, None, step.depth + 1, seed)
            if earlier.players:
                made[earlier.span_id] = earlier
                waiting.append(earlier)
    return _latest_first(made), False


def _latest_first(steps: dict[str, Step]) -> list[Step]:
    return sorted(steps.values(), key=lambda step: (-step.start_ns, step.span_id))


def _step(
    history: History,
    target: Target,
    request: AblationRequest,
    measure: Measure,
    sentence: str | None,
    depth: int,
    seed: int,
) -> Step:
    row, recorded = target.row, target.recorded
    prompt = dissect(
        recorded.messages,
        history,
        row["start_ns"],
        include=request.include,
        exclude=request.exclude,
    )
    notices = list(prompt.notices)
    tools = recorded.tools
    if not tools and recorded.answer.tool_calls:
        names = dict.fromkeys(
            [*recorded.tool_names, *(call.name for call in recorded.answer.tool_calls)]
        )
        tools = [_nameless(name) for name in names if name]
        notices.append(
            f"{target.name}: the tools' definitions were not recorded; the model is offered tools "
            f"of these names without a description: {', '.join(names)}."
        )
    model = request.model or recorded.model or _UNPRICED_MODEL
    if request.model and recorded.model and request.model != recorded.model:
        notices.append(
            f"{recorded.model} gave the recorded answer; {request.model} is asked now, so this "
            "explains what that one does."
        )
    if "temperature" not in recorded.parameters:
        notices.append("No temperature was recorded; 0 is asked for.")
    return Step(
        span_id=row["span_id"],
        shown_id=history.shown(row["span_id"]),
        name=target.name,
        depth=depth,
        start_ns=row["start_ns"],
        measure=measure,
        sentence=sentence,
        prompt=prompt,
        recorded=recorded.answer,
        model=model,
        provider=recorded.provider if request.model is None else None,
        tools=tuple(tools),
        parameters=recorded.parameters,
        tokens_in=recorded.tokens_in,
        tokens_out=recorded.tokens_out,
        mode=request.mode,
        seed=seed,
        notices=tuple(notices),
    )


def _nameless(name: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {}, "additionalProperties": True}
    return {"type": "function", "function": {"name": name, "parameters": schema}}
