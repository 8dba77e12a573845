/** What stands behind a trace's figures: cards beside the tokens and the cost. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  function table(heads, rows) {
    const cells = (tag, values) =>
      values.map((value, place) => at.el(tag, { class: place ? "at-number" : null }, value));
    return at.el(
      "table",
      { class: "at-card-table" },
      at.el("thead", {}, at.el("tr", {}, cells("th", heads))),
      at.el("tbody", {}, rows.map((row) => at.el("tr", {}, cells("td", row)))),
    );
  }

  function cost(store) {
    const { sources, models } = at.trace.words.costs(store);
    if (!sources.length) return at.el("p", { text: "No span reported tokens or a cost." });
    const { count, cost: usd } = at.format;
    return at.el(
      "div",
      { class: "at-cards" },
      table(
        ["Source", "Spans", "Cost"],
        sources.map((each) => [at.badge.cost(each.key) || each.key, count(each.spans), usd(each.usd)]),
      ),
      table(
        ["Model", "Spans", "Cost"],
        models.slice(0, 12).map((each) => [each.key, count(each.spans), usd(each.usd)]),
      ),
      models.length > 12
        ? at.el("p", { class: "at-muted", text: `and ${at.format.plural(models.length - 12, "more model")}` })
        : null,
    );
  }

  function tokens(store) {
    const { summary } = store;
    const { count } = at.format;
    let [calls, silent] = [0, 0];
    for (const row of store.order()) {
      if (store.type[row] !== "llm" || store.ghost[row]) continue;
      calls += 1;
      if (store.tokensIn[row] === null && store.tokensOut[row] === null) silent += 1;
    }
    return at.el(
      "div",
      { class: "at-cards" },
      table(
        ["Tokens", ""],
        [
          ["In", count(summary.tokens_in)],
          ["of which cached", count(summary.tokens_cached)],
          ["of which written to the cache", count(summary.tokens_cache_write)],
          ["Out", count(summary.tokens_out)],
          ["of which reasoning", count(summary.tokens_reasoning)],
        ],
      ),
      at.el("p", {
        class: "at-muted",
        text: calls
          ? `${count(silent)} of ${at.format.plural(calls, "LLM span")} reported none.`
          : "No LLM span.",
      }),
    );
  }

  at.trace ??= {};
  at.trace.cards = { cost, tokens };
})();
