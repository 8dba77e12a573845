/** Two runs beside each other: what each says of a source, and whether that can be told apart. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;

  const measured = (source) => source && typeof source.phi === "number";

  /** Sources of two steps as pairs: by id where the same call is explained, else by what they are. */
  function pairs(a, b, sameTarget) {
    const key = (source) => (sameTarget ? source.id : `${source.kind} ${source.label}`);
    const rest = new Map((b ? b.sources : []).map((source) => [key(source), source]));
    const found = (a ? a.sources : []).map((source) => {
      const other = rest.get(key(source)) || null;
      rest.delete(key(source));
      return [source, other];
    });
    return [...found, ...[...rest.values()].map((source) => [null, source])];
  }

  /** "overlap", "do not overlap", or "--" where one of them has none. */
  function relation(a, b) {
    if (![a, b].every((each) => measured(each) && typeof each.low === "number" && typeof each.high === "number")) {
      return at.format.UNKNOWN;
    }
    return a.low <= b.high && b.low <= a.high ? "overlap" : "do not overlap";
  }

  function line([a, b], x) {
    const { words } = at.ablation;
    const source = a || b;
    const cell = (each) => el("td", { class: "at-phi-cell" },
      measured(each)
        ? [at.ablation.phiBar(each, x), el("span", {}, el("strong", { text: words.number(each.phi) }), ` (${words.interval(each)})`)]
        : el("span", { class: "at-muted", text: each ? (each.pinned ? "pinned" : "not measured") : "not a source" }));
    const difference = measured(a) && measured(b) ? b.phi - a.phi : null;
    const text = relation(a, b);
    return el("tr", {},
      el("th", { scope: "row" }, el("div", { class: "at-ablation-name" }, at.ablation.kindIcon(source.kind), el("span", { text: source.label }))),
      cell(a), cell(b),
      el("td", { class: "at-number", text: difference === null ? at.format.UNKNOWN : `${difference > 0 ? "+" : ""}${words.number(difference)}` }),
      el("td", { class: `at-ablation-relation ${text === "do not overlap" ? "at-ablation-apart" : "at-muted"}`, text }));
  }

  function described(run, letter, open) {
    const { words } = at.ablation;
    return el("div", { class: "at-ablation-side" },
      el("strong", { text: letter }),
      el("button", { type: "button", class: "at-sankey-pick", on: { click: () => open(run.id) } },
        at.clock.node(at.clock.parse(run.created_at))),
      el("span", { text: [run.target && words.opening(run.target.name, 60), run.model, (words.MEASURES[run.measure] || run.measure).toLowerCase(),
        run.mode, (words.STATES[run.state] || run.state).toLowerCase(), at.format.plural(run.progress.calls, "call")].filter(Boolean).join(", ") }));
  }

  function warnings(a, b, sameTarget) {
    return [
      sameTarget ? null : "The two explain different calls; sources are paired by what they are.",
      a.measure === b.measure ? null : "The two measure different things, so the values are not on one scale.",
      a.model === b.model ? null : "The two ran different models.",
    ].filter(Boolean).map((text) => el("p", { class: "at-notice", text }));
  }

  /** @param {function(string)} open shows one of the two */
  at.ablation ??= {};
  at.ablation.drawCompare = (a, b, open) => {
    const sameTarget = a.target?.span_id === b.target?.span_id;
    const steps = sameTarget
      ? [...new Set([...a.steps, ...b.steps].map((step) => step.span_id))].map((id) => [
          a.steps.find((step) => step.span_id === id), b.steps.find((step) => step.span_id === id)])
      : [[a.steps[0], b.steps[0]]];
    return el("div", { class: "at-ablation-result" },
      el("h2", { tabindex: "-1", text: "Two ablations compared" }),
      described(a, "A", open), described(b, "B", open),
      warnings(a, b, sameTarget),
      steps.filter(([one, two]) => one || two).map(([one, two]) => {
        const all = pairs(one, two, sameTarget);
        const x = at.ablation.phiScale(all.flat().filter(Boolean));
        const size = (pair) => Math.max(...pair.map((each) => (measured(each) ? Math.abs(each.phi) : -1)));
        const name = (one || two).name;
        return el("section", { class: "at-ablation-step" },
          steps.length > 1 ? el("h3", { text: name }) : null,
          el("div", { class: "at-scroll", tabindex: "0", role: "region", aria: { label: `Sources of ${name} in both` } },
            el("table", { class: "at-sankey-table at-ablation-table" },
              el("thead", {}, el("tr", {}, ["Source", "phi of A", "phi of B", "Difference", "Intervals"].map((text, place) =>
                el("th", { scope: "col", class: place === 3 ? "at-number" : null, text })))),
              el("tbody", {}, all.sort((p, q) => size(q) - size(p)).map((pair) => line(pair, x))))));
      }));
  };
})();
