"""What an ablation would take, and what it found, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rich.markup import escape
from rich.table import Table

__all__ = ["preview_lines", "result_tables", "sources_table"]

_WIDE: Final = 20
# What all columns and the words "not distinguishable from zero" need beside a name.
_ALL_COLUMNS: Final = 100


def sources_table(step: dict[str, Any]) -> Table:
    """The sources of a step before it is run."""
    shown = Table(box=None, pad_edge=False, title=f"{escape(step['name'])}: sources")
    for name in ("Id", "Kind", "Source", "Tokens", ""):
        shown.add_column(name, justify="right" if name == "Tokens" else "left")
    for source in step["sources"]:
        kept = "[dim]kept in every prompt[/dim]" if source["pinned"] else ""
        shown.add_row(
            source["id"], source["kind"], escape(source["label"]), f"{source['tokens']:,}", kept
        )
    return shown


def preview_lines(preview: dict[str, Any]) -> Iterator[str]:
    steps = len(preview["steps"])
    yield (
        f"{preview['calls']:,} calls of {escape(preview['model'])} in {steps} "
        f"{'step' if steps == 1 else 'steps'}, at most {preview['calls_at_most']:,}; "
        f"{preview['tokens_in']:,} input tokens; {_cost(preview)}."
    )
    yield from (f"[dim]{escape(notice)}[/dim]" for notice in preview["notices"])


def _cost(preview: dict[str, Any]) -> str:
    if preview["cost"] is None:
        return "the model has no price"
    return f"about ${preview['cost']:.4f}, at most ${preview['cost_at_most']:.4f} (estimated)"


def result_tables(run: dict[str, Any], width: int) -> Iterator[Table | str]:
    """A table a step, then what reaches the final answer through all of them, for a terminal of
    ``width`` columns."""
    for step in run["steps"]:
        if step["v_empty"] is None:
            continue
        yield _step_table(step, width >= _ALL_COLUMNS)
        if step["reproduced"] is False:
            yield "[yellow]The re-run does not reproduce the recorded answer:[/yellow]"
            yield f"  recorded: {escape(step['recorded'][:300])}"
            yield f"  re-run:   {escape((step['rerun'] or '')[:300])}"
    if run["graph"] is not None and len(run["steps"]) > 1:
        yield _terminals(run["graph"])


def _step_table(step: dict[str, Any], wide: bool) -> Table:
    title = f"{escape(step['name'])}: {step['method']}, {step['calls']} calls"
    shown = Table(box=None, pad_edge=False, title=title, caption=_caption(step, wide))
    shown.add_column("Source")
    more = ("necessity", "sufficiency") if wide else ()
    for name in ("Share", "Shapley", "95 %", *(each.capitalize() for each in more)):
        shown.add_column(name, justify="right")
    shown.add_column("", no_wrap=True)
    told: set[tuple[str, ...]] = set()
    for source in sorted(step["sources"], key=lambda each: -(each["phi"] or -9)):
        members = tuple(source["members"])
        if source["phi"] is None or members in told:
            continue
        told.add(members)
        label = source["label"] if len(members) == 1 else f"{source['group']} ({len(members)})"
        shown.add_row(
            escape(label),
            f"{source['share']:.0%}",
            f"{source['phi']:+.3f}",
            f"{source['low']:+.2f}..{source['high']:+.2f}",
            *(_number(source[each]) for each in more),
            _bar(source),
        )
    return shown


def _caption(step: dict[str, Any], wide: bool) -> str:
    kind = "" if step["intervals"] != "model-based" else " Intervals are model-based."
    whole = "" if step["complete"] else " Not complete."
    less = "" if wide else " Necessity and sufficiency: in a wider window, or by --json."
    empty = f"Without any source: {step['v_empty']:.2f} of {step['v_full']:.2f}."
    return f"{empty}{kind}{whole}{less}"


def _bar(source: dict[str, Any]) -> str:
    if not source["distinguishable"]:
        return "[dim]not distinguishable from zero[/dim]"
    if source["phi"] < 0:
        return "[red]suppressor[/red]"
    return "█" * max(1, round(_WIDE * min(1.0, float(source["share"]))))


def _number(value: float | None) -> str:
    return "--" if value is None else f"{value:+.2f}"


def _terminals(graph: dict[str, Any]) -> Table:
    shown = Table(box=None, pad_edge=False, title="Through all steps, of the final answer")
    shown.add_column("Where it comes from")
    shown.add_column("Share", justify="right")
    labels = {node["id"]: node["label"] for node in graph["nodes"]}
    for name, value in sorted(graph["terminals"].items(), key=lambda each: -each[1]):
        if value >= 0.0005:
            shown.add_row(escape(labels.get(name, name)), f"{value:.1%}")
    return shown
