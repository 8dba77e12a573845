/** The flow as a table, and as files. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const TITLE = "Token and cost flow (not causal)";

  function rowsOf(flow) {
    return [...flow.links].sort((a, b) => a.from.column - b.from.column || b.value - a.value);
  }

  /** @param {function(object)} pick called with the link whose row was chosen */
  function drawTable(flow, measure, words, pick) {
    const cell = (text) => at.el("td", { class: "at-number", text });
    return at.el(
      "table",
      { class: "at-sankey-table" },
      at.el("caption", { text: TITLE }),
      at.el(
        "thead",
        {},
        at.el(
          "tr",
          {},
          ["From", "To", measure === "cost" ? "Cost" : "Tokens", "Model calls"].map((head, place) =>
            at.el("th", { scope: "col", class: place > 1 ? "at-number" : null, text: head }),
          ),
        ),
      ),
      at.el(
        "tbody",
        {},
        rowsOf(flow).map((link) =>
          at.el(
            "tr",
            {},
            at.el(
              "td",
              {},
              at.el(
                "button",
                {
                  type: "button",
                  class: "at-sankey-pick",
                  data: { key: `${link.from.column} ${link.from.key} ${link.to.key}` },
                  on: { click: () => pick(link) },
                },
                at.typeIcon(link.from.type),
                at.el("span", { text: link.from.title }),
              ),
            ),
            at.el("td", { text: link.to.title }),
            cell(words(link.value)),
            cell(at.format.count(link.rows.size)),
          ),
        ),
      ),
    );
  }

  function asCsv(store, flow, measure) {
    const lines = [["from", "to", measure === "cost" ? "usd" : "tokens", "causal", "span_ids"]];
    for (const { from, to, value, rows } of rowsOf(flow)) {
      const ids = [...rows].map((row) => store.id[row]).join(" ");
      lines.push([from.title, to.title, value, "false", ids]);
    }
    return at.csv(lines);
  }

  function asJson(store, flow, measure) {
    const links = rowsOf(flow).map(({ from, to, value, rows }) => ({
      from: from.title,
      to: to.title,
      value,
      span_ids: [...rows].map((row) => store.id[row]),
    }));
    const silent = flow.silent.map((row) => store.id[row]);
    const unit = measure === "cost" ? "usd" : "tokens";
    return JSON.stringify(
      { title: TITLE, causal: false, trace_id: store.traceId, unit, links, not_reported: silent },
      null,
      2,
    );
  }

  at.sankey ??= {};
  Object.assign(at.sankey, {
    TITLE,
    drawTable,
    downloadFlow(store, flow, measure, kind) {
      const name = `flow-${store.traceId.slice(0, 8)}.${kind}`;
      if (kind === "csv") at.download(asCsv(store, flow, measure), name, "text/csv;charset=utf-8");
      else at.download(asJson(store, flow, measure), name, "application/json");
    },
  });
})();
