"""The Sankey of a run: nodes, and what flows from one to the other."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from audittrail.ablation.planning import Plan
from audittrail.ablation.sources import Source
from audittrail.ablation.step import Step
from audittrail.attribution import (
    Attribution,
    Explained,
    Flow,
    Inflow,
    Share,
    propagate,
    text_overlap,
)

__all__ = ["OVERLAP_TITLE", "TITLE", "flow_of", "flowchart", "node_id", "overlap_chart"]

TITLE: Final = "Causal attribution, by asking the model again without each source"
OVERLAP_TITLE: Final = "Text overlap (not causal; no model was re-run)"
_PRIOR: Final = "Model prior / pinned prompt"
_PRIOR_ID: Final = "prior"
_MOST_TEXT: Final = 2000
_LEAST_ASKED: Final = 0.005


def node_id(key: str) -> str:
    """Of a source; the same for the same source in several steps."""
    kind, _, rest = key.partition(":")
    return key if len(rest) <= 32 else f"{kind}:{hashlib.sha256(rest.encode()).hexdigest()[:16]}"


def _step_node(step: Step) -> str:
    return f"llm:{step.span_id}"


def _members(step: Step, share: Share) -> list[Source]:
    by_id = {source.id: source for source in step.prompt.sources}
    return [by_id[name] for name in share.members]


def _share_node(step: Step, share: Share) -> str:
    members = _members(step, share)
    if len(members) == 1:
        return node_id(members[0].key)
    return f"group:{step.span_id}:{share.player}"


def flow_of(plan: Plan, attributions: Mapping[str, Attribution]) -> Flow:
    """What reaches the final answer, through all steps that were explained; by ids of nodes."""
    explained = {}
    for step in plan.steps:
        found = attributions.get(step.span_id)
        if found is None:
            continue
        phis: dict[str, float] = {}
        for share in found.shares:
            name = _share_node(step, share)
            phis[name] = phis.get(name, 0.0) + share.phi
        inflows = [Inflow(name, phi) for name, phi in phis.items()]
        explained[_step_node(step)] = Explained(found.v_empty, inflows)
    return propagate(_step_node(plan.target), explained)


def flowchart(plan: Plan, attributions: Mapping[str, Attribution]) -> dict[str, Any] | None:
    """As the API gives it; None before the target was measured."""
    if plan.target.span_id not in attributions:
        return None
    return _Chart(plan, attributions).as_dict()


class _Chart:
    def __init__(self, plan: Plan, attributions: Mapping[str, Attribution]) -> None:
        self._plan = plan
        self._attributions = attributions
        self._flow = flow_of(plan, attributions)
        self._nodes: dict[str, dict[str, Any]] = {}
        self._links: list[dict[str, Any]] = []
        self._told: set[tuple[str, str, str]] = set()

    def as_dict(self) -> dict[str, Any]:
        self._add_step(self._plan.target, "target")
        for step in self._plan.steps:
            if step.span_id in self._attributions:
                self._measured(step)
        for step in self._plan.steps:
            if step.span_id not in self._attributions and _step_node(step) in self._nodes:
                self._unmeasured(step)
        self._asked_for()
        _set_depths(self._nodes, self._links)
        terminals: dict[str, float] = {}
        for name, value in self._flow.terminals.items():
            key = _PRIOR_ID if name.startswith("prior:") else name
            terminals[key] = terminals.get(key, 0.0) + value
        return {
            "causal": True,
            "title": TITLE,
            "nodes": list(self._nodes.values()),
            "links": self._links,
            "terminals": terminals,
            "terminals_sum": sum(terminals.values()),
        }

    def _measured(self, step: Step) -> None:
        """Links into a step that was explained."""
        target = _step_node(step)
        found = self._attributions[step.span_id]
        values = {link.source: link.value for link in self._flow.links if link.target == target}
        prior = values.get(f"prior:{target}", 0.0)
        if target in self._nodes and prior > 0:
            self._add(_PRIOR_ID, "prior", _PRIOR, None, _pinned(step))
            self._nodes[_PRIOR_ID]["value"] += prior
            self._link(_PRIOR_ID, target, prior, "prior", {"phi": found.v_empty})
        for share in found.shares:
            name = _share_node(step, share)
            self._add_members(step, share, name)
            told = {
                "phi": share.phi,
                "low": share.low,
                "high": share.high,
                "necessity": share.necessity,
                "sufficiency": share.sufficiency,
                "share": share.share,
                "intervals": found.intervals,
            }
            if not share.distinguishable:
                self._link(name, target, values.pop(name, 0.0), "zero", told)
            elif share.phi < 0:
                passing = self._flow.totals.get(target, 0.0)
                self._link(name, target, -share.phi * passing, "suppressor", told)
            else:
                self._link(name, target, values.pop(name, 0.0), "cause", told)

    def _add_members(self, step: Step, share: Share, name: str) -> None:
        members = _members(step, share)
        if len(members) == 1:
            self._add_source(members[0], name)
            return
        text = "\n\n".join(source.text for source in members)
        label = f"{share.player} ({len(members)} sources, measured together)"
        self._add(name, members[0].kind, label, None, text)

    def _unmeasured(self, step: Step) -> None:
        """What a step was made of that has no influence itself: nothing can flow through it. What
        is drawn already is not drawn again for that."""
        for source in step.players:
            name = node_id(source.key)
            if name not in self._nodes:
                self._add_source(source, name)
                self._link(name, _step_node(step), 0.0, "unmeasured", {})

    def _asked_for(self) -> None:
        """From the model calls that asked for tools to what the tools returned, where the result
        has a part in the answer, or the call is drawn anyhow."""
        results: dict[str, int] = {}  # of the calls that are drawn for this alone
        for step in self._plan.steps:
            for source in step.prompt.sources:
                name = node_id(source.key)
                asker = f"llm:{source.asked_by}"
                if source.asked_by is None or name not in self._nodes:
                    continue
                if asker not in self._nodes:
                    if self._nodes[name]["value"] < _LEAST_ASKED:
                        continue
                    results[asker] = 0
                known = self._plan.step(source.asked_by)
                label = known.name if known else f"asked for {source.label}"
                self._add(asker, "llm", label, source.asked_by[-16:], "")
                self._link(asker, name, 0.0, "structural", {})
                if asker in results and known is None:
                    results[asker] += 1
        for asker, number in results.items():
            if number > 1:
                self._nodes[asker]["label"] = f"asked for {number} tool results"

    def _add_step(self, step: Step, kind: str) -> None:
        label = "Final answer" if kind == "target" and step.sentence is None else step.name
        text = step.sentence or step.recorded.text
        if not text:
            text = ", ".join(f"{call.name}({call.arguments})" for call in step.recorded.tool_calls)
        label = f"Sentence: {text[:60]}" if step.sentence else label
        self._add(_step_node(step), kind, label, step.shown_id, text)

    def _add_source(self, source: Source, name: str) -> None:
        written = self._plan.step(source.written_by) if source.written_by else None
        if written is not None and name == _step_node(written):
            self._add(name, "llm", source.label, written.shown_id, source.text)
        else:
            self._add(name, source.kind, source.label, source.shown_id, source.text)

    def _add(self, name: str, kind: str, label: str, span_id: str | None, text: str) -> None:
        self._nodes.setdefault(
            name,
            {
                "id": name,
                "kind": kind,
                "label": label,
                "span_id": span_id,
                "text": text[:_MOST_TEXT],
                "value": 0.0 if name == _PRIOR_ID else self._flow.totals.get(name, 0.0),
                "depth": 0,
            },
        )

    def _link(
        self, source: str, target: str, value: float, kind: str, told: Mapping[str, Any]
    ) -> None:
        if (source, target, kind) in self._told:
            return
        self._told.add((source, target, kind))
        link = dict.fromkeys(
            ("phi", "low", "high", "necessity", "sufficiency", "share", "intervals")
        )
        self._links.append(
            {**link, **told, "source": source, "target": target, "value": value, "kind": kind}
        )


def _pinned(step: Step) -> str:
    return "\n\n".join(source.text for source in step.prompt.sources if source.pinned)


def _set_depths(nodes: Mapping[str, dict[str, Any]], links: Sequence[Mapping[str, Any]]) -> None:
    """How many links lead from a node to the target, on the longest way. A structural link may
    close a ring, so it only places what nothing else places."""
    measured = [link for link in links if link["kind"] != "structural"]
    for some in (measured, [link for link in links if link["kind"] == "structural"]):
        free = {link["source"] for link in some} - {link["source"] for link in measured}
        for _ in nodes:
            moved = False
            for link in some:
                source, depth = nodes[link["source"]], nodes[link["target"]]["depth"] + 1
                if source["depth"] < depth and (some is measured or source["id"] in free):
                    source["depth"], moved = depth, True
            if not moved:
                break


def overlap_chart(step: Step) -> dict[str, Any]:
    """Which words of the answer each source has, for where no model can be asked."""
    sources = list(step.prompt.sources)
    shares = text_overlap([source.text for source in sources], step.recorded.text)
    target = _step_node(step)
    text = step.recorded.text[:_MOST_TEXT]
    nodes = {target: _overlap_node(target, "target", "Final answer", step.shown_id, text, 1.0, 0)}
    links = []
    for source, share in zip(sources, shares, strict=True):
        name = node_id(source.key)
        if name in nodes:
            continue
        said = source.text[:_MOST_TEXT]
        nodes[name] = _overlap_node(
            name, source.kind, source.label, source.shown_id, said, share, 1
        )
        nothing = dict.fromkeys(("phi", "low", "high", "necessity", "sufficiency", "intervals"))
        links.append(
            {**nothing, "source": name, "target": target, "value": share, "share": share,
             "kind": "overlap"}
        )  # fmt: skip
    return {
        "causal": False,
        "title": OVERLAP_TITLE,
        "nodes": list(nodes.values()),
        "links": links,
        "terminals": {},
        "terminals_sum": None,
    }


def _overlap_node(
    name: str, kind: str, label: str, span_id: str | None, text: str, value: float, depth: int
) -> dict[str, Any]:
    return {
        "id": name, "kind": kind, "label": label, "span_id": span_id, "text": text,
        "value": value, "depth": depth,
    }  # fmt: skip
