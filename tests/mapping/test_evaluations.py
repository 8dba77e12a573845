"""What judges said of a span, however it was told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mapping.told import told, told_all
from tests.support import otlp

EVENT = "gen_ai.evaluation.result"
SAID: dict[str, Any] = {
    "gen_ai.evaluation.name": "Relevance",
    "gen_ai.evaluation.score.value": 0.85,
    "gen_ai.evaluation.score.label": "relevant",
    "gen_ai.evaluation.explanation": "It answers what was asked.",
}
SHOWN: dict[str, Any] = {
    "name": "Relevance",
    "about": "span",
    "score": 0.85,
    "label": "relevant",
    "explanation": "It answers what was asked.",
    "judge": None,
    "identifier": None,
    "metadata": None,
    "error": None,
}


def test_an_event_of_the_span() -> None:
    """The form of the OpenTelemetry conventions."""
    span = told({}, events=[{"name": EVENT, "attributes": SAID}])
    assert span["evaluations"] == [SHOWN]


def test_a_log_record_by_the_id_of_the_span() -> None:
    """A judge that comes later has no span to put an event on."""
    span = otlp.span(otlp.new_trace_id())
    record = {"trace_id": span["trace_id"], "span_id": span["span_id"]}
    (shown,) = told_all(span, logs=[{**record, "event": EVENT, "attributes": SAID}])
    assert shown["evaluations"] == [SHOWN]


def test_a_log_record_by_the_id_of_the_response() -> None:
    """Where the judge knows only what was answered; another answer is not meant."""
    answered = {"gen_ai.response.id": "r-1"}
    span = otlp.span(otlp.new_trace_id(), attributes=answered)
    other = otlp.span(span["trace_id"], attributes={"gen_ai.response.id": "r-2"})
    record = {
        "trace_id": span["trace_id"],
        "span_id": None,
        "event": EVENT,
        "attributes": SAID | answered,
    }
    shown = {each["span_id"]: each for each in told_all(span, other, logs=[record])}
    assert shown[span["span_id"]]["evaluations"] == [SHOWN]
    assert shown[other["span_id"]]["evaluations"] == []


def test_a_judge_that_failed() -> None:
    """It says so, and gives no score."""
    said = {"gen_ai.evaluation.name": "Toxicity", "error.type": "timeout"}
    (found,) = told({}, events=[{"name": EVENT, "attributes": said}])["evaluations"]
    assert (found["name"], found["score"], found["error"]) == ("Toxicity", None, "timeout")


@pytest.mark.parametrize("form", ["annotation", "evaluation"])
@pytest.mark.parametrize("about", ["span", "trace", "session"])
def test_numbered_attributes(form: str, about: str) -> None:
    """The form of OpenInference, in each of its scopes."""
    prefix = "" if about == "span" else f"{about}."
    start = f"{prefix}{form}s.0.{form}."
    span = told(
        {
            start + "name": "hallucination",
            start + "score": 1,
            start + "label": "factual",
            start + "annotator_kind": "LLM",
            start + "identifier": "judge-v2",
            start + "metadata": '{"rubric": 2}',
            f"{prefix}{form}s.1.{form}.name": "tone",
            f"{prefix}{form}s.1.{form}.label": "kind",
        }
    )
    first, second = span["evaluations"]
    assert (first["name"], first["about"], first["score"], first["label"]) == (
        "hallucination",
        about,
        1,
        "factual",
    )
    assert (first["judge"], first["identifier"]) == ("LLM", "judge-v2")
    assert first["metadata"] == {"rubric": 2}
    assert (second["name"], second["label"], second["score"]) == ("tone", "kind", None)


def test_a_span_that_is_a_result() -> None:
    """Where events cannot be written, some send a span of no length."""
    assert told(SAID)["evaluations"] == [SHOWN]


@pytest.mark.parametrize(
    "said",
    [
        {"gen_ai.evaluation.name": ""},
        {"gen_ai.evaluation.score.value": 1.0},
        {"gen_ai.evaluation.name": None},
    ],
)
def test_what_names_no_measure_is_none(said: dict[str, Any]) -> None:
    """It is an event like any other."""
    assert told({}, events=[{"name": EVENT, "attributes": said}])["evaluations"] == []


@pytest.mark.parametrize("score", ["high", [1], float("nan")])
def test_a_score_that_is_no_number(score: object) -> None:
    """It costs neither the evaluation nor the span."""
    said = {"gen_ai.evaluation.name": "x", "gen_ai.evaluation.score.value": score}
    (found,) = told(said)["evaluations"]
    assert (found["name"], found["score"]) == ("x", None)
