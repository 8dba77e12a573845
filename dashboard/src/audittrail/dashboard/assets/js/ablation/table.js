/** The sources of each explained step as a table, with their intervals as small bars. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;
  const BAR = 120;
  const EDGE = 5;
  const HEADS = [
    ["Source", null],
    ["Share", "Its part of the answer; with what the model says without any source, all sum to 100%"],
    ["phi", "The Shapley value: what the source adds on average, whatever else is there"],
    ["Interval", "Where phi lies with 95% confidence"],
    ["Necessity", "What is lost when this source alone is masked"],
    ["Sufficiency", "What this source brings back alone"],
    ["Redundancy", "Pairs that can stand in for each other, or need each other"],
  ];

  const isMeasured = (source) => typeof source.phi === "number";

  /** The scale of bars on which all of ``sources`` and zero are. */
  function scaleOf(sources) {
    const values = sources.filter(isMeasured).flatMap(({ low, high, phi }) => [low ?? phi, high ?? phi]);
    const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
    const size = high - low || 1;
    return (value) => EDGE + ((value - low) / size) * (BAR - 2 * EDGE);
  }

  /** From ``low`` to ``high`` with a dot at phi and a line at zero. */
  function bar({ phi, low, high, distinguishable }, x) {
    const known = typeof low === "number" && typeof high === "number";
    return at.svg("svg", { class: `at-phi${distinguishable === false ? " at-phi-zero" : ""}${phi < 0 ? " at-phi-against" : ""}`,
      width: BAR, height: 14, aria: { hidden: "true" } },
    at.svg("path", { d: `M${x(0)} 0V14`, class: "at-phi-axis" }),
    known ? at.svg("path", { d: `M${x(low)} 7H${x(high)}M${x(low)} 3V11M${x(high)} 3V11`, class: "at-phi-whisker" }) : null,
    at.svg("circle", { cx: x(phi), cy: 7, r: 3.5, class: "at-phi-dot" }));
  }

  /** ``[{kind, other, interaction}]`` of a source. */
  function pairsOf(step, source) {
    const found = [];
    // Of those that were measured together the group is named.
    const is = (name) => name === source.id || ((source.members || []).length > 1 && name === source.group);
    for (const { first, second, interaction, kind } of step.pairs || []) {
      if (!is(first) && !is(second)) continue;
      const name = is(first) ? second : first;
      const other = step.sources.find(({ id }) => id === name);
      found.push({ kind, other: other ? other.label : name, interaction });
    }
    return found;
  }

  /** Sources that were measured together are one line, with the others' names below. */
  function together(sources) {
    const seen = new Set();
    return sources.filter((source) => {
      if ((source.members || []).length < 2 || !isMeasured(source)) return true;
      const key = source.members.join("\n");
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
  }

  function sorted(step, settled) {
    const all = together(step.sources);
    const size = (source) => (source.pinned ? -2 : isMeasured(source) ? Math.abs(source.phi) : -1);
    return settled ? all.sort((a, b) => size(b) - size(a)) : all;
  }

  function nameCell(store, step, source) {
    const { words } = at.ablation;
    const many = isMeasured(source) ? (source.members || []).length : 0;
    const row = source.span_id && many < 2 ? store.row(source.span_id) : -1;
    const members = (many > 1 ? source.members : []).map((id) => step.sources.find((each) => each.id === id)?.label || id);
    return el("th", { scope: "row" },
      el("div", { class: "at-ablation-name" },
        at.ablation.kindIcon(source.kind),
        row < 0
          ? el("span", { text: many > 1 && source.group ? source.group : source.label })
          : el("button", {
              type: "button",
              class: "at-sankey-pick",
              data: { key: `${step.span_id} ${source.id}` },
              on: {
                click: () => store.select(row, { from: "sankey" }),
                pointerenter: () => store.hover(row),
                pointerleave: () => store.hover(-1),
              },
            }, el("span", { text: source.label }))),
      source.text && many < 2 ? el("div", { class: "at-muted at-small at-ablation-first", text: words.opening(source.text) }) : null,
      members.length
        ? el("div", { class: "at-muted at-small", text: `${at.format.plural(members.length, "source")}, measured together: ${members.slice(0, 6).join(", ")}${members.length > 6 ? "..." : ""}` })
        : null);
  }

  function line(store, step, source, x) {
    const { words } = at.ablation;
    const number = (text) => el("td", { class: "at-number", text });
    const name = nameCell(store, step, source);
    if (!isMeasured(source)) {
      return el("tr", { class: "at-ablation-off", data: { span: source.span_id } }, name,
        el("td", { colspan: "6", class: "at-muted", text: source.pinned ? "pinned, in every call" : "not measured yet" }));
    }
    const zero = source.distinguishable === false;
    const share = source.phi < 0 && !zero ? el("span", { class: "at-ablation-against", text: "suppressor" })
      : zero ? el("span", { class: "at-muted", text: words.ZERO }) : at.format.percent(source.share);
    return el("tr", { class: zero ? "at-ablation-zero" : null, data: { span: source.span_id } }, name,
      el("td", { class: zero ? null : "at-number" }, share),
      number(words.number(source.phi)),
      el("td", { class: "at-phi-cell" }, bar(source, x), el("span", { text: words.interval(source) })),
      number(words.number(source.necessity)),
      number(words.number(source.sufficiency)),
      el("td", {}, pairsOf(step, source).map(({ kind, other, interaction }) =>
        el("span", {
          class: `at-chip at-ablation-${kind}`,
          title: `${kind === "redundant" ? "Each can stand in for the other" : "They do more together than each alone"} (interaction ${words.number(interaction)})`,
          text: `${kind} with ${other}`,
        }))));
  }

  function about(step) {
    const { words } = at.ablation;
    const parts = [
      at.format.plural(step.calls, "call"),
      `worth ${words.number(step.v_empty)} without any source, ${words.number(step.v_full)} with all`,
      step.noise ? `noise ${words.number(step.noise)}` : null,
      step.complete === false ? "not complete" : null,
    ];
    return `${parts.filter(Boolean).join("; ")}. ${words.INTERVALS[step.intervals] || ""}`;
  }

  /** One table a step; ``settled`` puts the largest first. */
  function drawTable(store, step, many, settled) {
    const x = scaleOf(step.sources);
    return el("section", { class: "at-ablation-step" },
      el("h3", { text: many ? `${step.depth ? "Step" : "Target"}: ${at.ablation.stepName(store, step)}` : "Sources" }),
      el("p", { class: "at-muted", text: about(step) }),
      el("div", { class: "at-scroll", tabindex: "0", role: "region", aria: { label: `Sources of ${at.ablation.stepName(store, step)}` } },
        el("table", { class: "at-sankey-table at-ablation-table" },
          el("thead", {}, el("tr", {}, HEADS.map(([head, title], place) =>
            el("th", { scope: "col", class: [1, 2, 4, 5].includes(place) ? "at-number" : null, title, text: head })))),
          el("tbody", {}, sorted(step, settled).map((source) => line(store, step, source, x))))));
  }

  at.ablation ??= {};
  Object.assign(at.ablation, { drawTable, phiBar: bar, phiScale: scaleOf, pairsOf });
})();
