/** What the DAG's lines and marks mean. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  const line = (kind, inferred) =>
    at.svg("svg", { viewBox: "0 0 44 12", aria: { hidden: "true" } },
      at.svg("path", {
        class: `at-dag-edge at-dag-edge-${kind}${inferred ? " at-dag-inferred" : ""}`,
        d: "M2 6H40",
        "marker-end": kind === "below" ? null : `url(#at-dag-end-${kind})`,
      }));

  function mark(name, ...more) {
    return at.svg("svg", { viewBox: "0 0 44 22", aria: { hidden: "true" } },
      at.svg("g", { class: `at-dag-node ${name}` },
        at.svg("rect", { class: "at-dag-shape", x: 3, y: 4, width: 36, height: 15, rx: 3 }), more));
  }

  function entries() {
    return [
      [line("order"), "Next in time"],
      [line("handoff"), "Hand-off to an agent"],
      [line("call"), "Call: a model call asked for this tool"],
      [line("result"), "Result: read by this model call"],
      [line("call", true), "Call, inferred from name and arguments"],
      [line("result", true), "Result, inferred from its text"],
      [line("link"), "Link between spans"],
      [line("below"), "Came later, belongs to this box"],
      [line("critical"), "Critical path"],
      [mark("at-dag-running"), "Running: dashed, moving"],
      [mark("at-dag-ghost"), "Ghost: dotted, empty; not received"],
      [mark("at-dag-error",
        at.svg("rect", { class: "at-dag-hatch", x: 4, y: 5, width: 34, height: 13 }),
        at.svg("g", { class: "at-dag-failed", transform: "translate(29 0) scale(.8)" },
          at.svg("circle", { cx: 8, cy: 8, r: 8 }), at.svg("path", { d: "M8 3.5v5.5M8 12v.6" }))),
      "Failed: hatched, with !"],
      [mark("", at.svg("g", { class: "at-dag-violation", transform: "translate(28 0) scale(.85)" },
        at.svg("path", { d: "M8 0l9 16h-18z" }))), "Violations: triangle with their number"],
      [mark("", at.svg("path", { class: "at-dag-behind", d: "M7 22h35V8" })), "Closed box"],
      [mark("", at.svg("path", { class: "at-dag-loop", d: "M30 4c8 -9 -26 -9 -18 0" })),
        "Iterations: again and again"],
    ];
  }

  /** A button that opens and closes the list. */
  function createLegend() {
    const list = at.el("ul", { class: "at-dag-legend", hidden: true, aria: { label: "Legend" } },
      entries().map(([picture, text]) => at.el("li", {}, picture, at.el("span", { text }))));
    const button = at.button({
      label: "Legend",
      title: "What the lines and marks mean",
      run() {
        list.hidden = !list.hidden;
        button.setAttribute("aria-expanded", String(!list.hidden));
      },
    });
    button.setAttribute("aria-expanded", "false");
    return { button, list };
  }

  /** What is drawn and what is not, in words whose numbers add up to the trace. */
  function words(store, picture, mode, top, left) {
    const { count, plural } = at.format;
    const told = { run: 0, rest: 0, box: 0, drawn: 0 };
    const of = { run: 0, rest: 0, box: 0 };
    for (const item of picture.all) {
      const kind = item.kind === "span" && item.box && !item.open ? "box" : item.kind;
      if (kind === "box") {
        const own = store.ghost[item.row] ? 0 : 1;
        told.drawn += own;
        told.box += item.spans - own;
        of.box += 1;
      } else if (kind === "run" || kind === "rest") {
        told[kind] += item.spans;
        of[kind] += item.spans ? 1 : 0;
      } else told.drawn += item.spans;
    }
    const whole = picture.all.reduce((sum, item) => sum + item.spans, 0);
    const name = top >= 0 ? ` of ${at.dag.nameOf(store, top)}` : "";
    const parts = [];
    if (mode === "summary") {
      const nodes = plural(picture.all.length, "node");
      parts.push(`Summary${name}: ${plural(whole, "span")} in ${nodes}.`);
    } else {
      const folded = [
        told.box ? `${count(told.box)} in ${plural(of.box, "closed box", "closed boxes")}` : null,
        told.run ? `${count(told.run)} in ${plural(of.run, "run")}` : null,
        told.rest ? `${count(told.rest)} beyond the nodes drawn` : null,
      ].filter(Boolean);
      parts.push(`Flow${name}: ${plural(whole, "span")}, ${count(told.drawn)} drawn` +
        `${folded.length ? `, ${folded.join(", ")}` : ""}.`);
      const refused = picture.all.filter((item) => item.refused).length;
      if (refused) {
        parts.push(`${plural(refused, "box stays", "boxes stay")} closed: at most ` +
          `${count(at.dag.MOST)} nodes are drawn.`);
      }
    }
    if (store.filtering) parts.push("The filter leaves out what is not shown.");
    if (left) parts.push(`${plural(left, "edge")} not drawn.`);
    return parts.join(" ");
  }

  at.dag ??= {};
  Object.assign(at.dag, { createLegend, words });
})();
