/** The figures of both traces, and by how much the second differs from the first. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const count = (n) => at.format.count(n);
  const duration = (ms) => at.format.duration(ms);
  const cost = (usd) => at.format.cost(usd);

  // Name, key, how it is written, and whether more is worse (null: neither).
  const FIGURES = [
    ["Duration", "duration_ms", duration, true],
    ["Spans", "span_count", count, null],
    ["Failed spans", "error_count", count, true],
    ["Model calls", "llm_calls", count, null],
    ["Tool calls", "tool_calls", count, null],
    ["Tokens in", "tokens_in", count, true],
    ["Tokens out", "tokens_out", count, true],
    ["Cost", "cost", cost, true],
    ["Violations", "violation_count", count, true],
  ];

  /** ``+3.1 s, +8%``, with an arrow, and in words whether that is worse. */
  function delta(a, b, written, moreIsWorse) {
    if (!Number.isFinite(a) || !Number.isFinite(b)) return at.el("span", { text: "--" });
    const change = b - a;
    if (!change) return at.el("span", { class: "at-muted", text: "same" });
    const sign = change > 0 ? "+" : "-";
    const share = a ? `, ${sign}${Math.round((Math.abs(change) / Math.abs(a)) * 100)}%` : "";
    const word = moreIsWorse === null ? "" : change > 0 === moreIsWorse ? "worse" : "better";
    return at.el(
      "span",
      { class: word ? `at-delta-${word}` : null },
      at.el("span", { aria: { hidden: "true" }, text: change > 0 ? "↑ " : "↓ " }),
      `${sign}${written(Math.abs(change))}${share}`,
      word ? ` ${word}` : "",
    );
  }

  function value(summary, key, written) {
    if (key !== "cost") return written(summary[key]);
    return [
      summary.unpriced_spans && summary.cost !== null ? "≥ " : "",
      written(summary.cost),
      " ",
      at.badge.cost(summary.cost_source, { short: true }),
    ];
  }

  function name(letter, summary) {
    return at.el(
      "th",
      { scope: "col" },
      at.el("span", { class: "at-compare-letter", text: letter }),
      at.link(`/traces/${summary.trace_id}`, {}, summary.name || summary.trace_id.slice(0, 8)),
      at.el(
        "div",
        { class: "at-muted at-small" },
        at.clock.node(at.clock.parse(summary.start_time)),
        " ",
        at.el("span", { class: "at-mono", text: summary.trace_id.slice(0, 8) }),
      ),
    );
  }

  at.compare ??= {};
  at.compare.kpis = (a, b) =>
    at.el(
      "div",
      { class: "at-compare-kpis", tabindex: "0", role: "region", aria: { label: "Figures" } },
      at.el(
        "table",
        {},
        at.el("thead", {}, at.el("tr", {}, at.el("td"), name("A", a), name("B", b),
          at.el("th", { scope: "col", text: "B against A" }))),
        at.el(
          "tbody",
          {},
          at.el("tr", {}, at.el("th", { scope: "row", text: "Status" }),
            at.el("td", {}, at.badge.status(a.status)), at.el("td", {}, at.badge.status(b.status)),
            at.el("td", { class: "at-muted", text: a.status === b.status ? "same" : "changed" })),
          FIGURES.map(([label, key, written, worse]) =>
            at.el(
              "tr",
              {},
              at.el("th", { scope: "row", text: label }),
              at.el("td", {}, value(a, key, written)),
              at.el("td", {}, value(b, key, written)),
              at.el("td", {}, delta(a[key], b[key], written, worse)),
            ),
          ),
        ),
      ),
    );
})();
