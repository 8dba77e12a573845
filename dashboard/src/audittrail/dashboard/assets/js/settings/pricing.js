/** What tokens cost: the models that are used, and the table. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;

  const TIERS = [
    ["agent", "what the agent itself reported for the span. It always counts first."],
    ["estimated", "tokens x the table below; for models that it lacks, x a public catalogue."],
    ["default", "tokens x the default rate, for models that are in neither."],
    ["unpriced", "no tokens, or no rate at all. Shown as --, never as $0, and in no total."],
  ];

  /** USD per million tokens. */
  const rate = (value) =>
    value === null || value === undefined
      ? "--"
      : `$${value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 4 })}`;

  function table(caption, heads, rows) {
    return el(
      "div",
      { class: "at-scroll", tabindex: "0", role: "region", aria: { label: caption } },
      el(
        "table",
        { class: "at-table" },
        el("caption", { class: "at-hidden", text: caption }),
        el("thead", {}, el("tr", {}, heads.map(([text, number]) =>
          el("th", { scope: "col", class: number ? "at-number" : null, text }),
        ))),
        el("tbody", {}, rows),
      ),
    );
  }

  const number = (text) => el("td", { class: "at-number", text });

  function used(rows) {
    if (!rows.length) {
      return el("p", { class: "at-muted", text: "No model calls yet. Models appear here as your agents use them." });
    }
    return [
      table(
        "Models in use",
        [["Model"], ["Cost is"], ["Calls", true], ["Cost", true]],
        rows.map((row) =>
          el(
            "tr",
            {},
            el("td", { text: row.model }),
            el("td", {}, at.badge.cost(row.cost_source)),
            number(at.format.count(row.calls)),
            number(row.cost_source === "unpriced" ? "--" : at.format.cost(row.cost)),
          ),
        ),
      ),
      el("p", { class: "at-muted", text: "Of your newest 50,000 model calls." }),
      rows.some((row) => row.cost_source === "unpriced")
        ? el("p", {
            class: "at-settings-hint",
            text:
              "Unpriced calls carry no token counts, or no rate fits their model. A rate in the table, " +
              "or a default rate, prices those that come from then on.",
          })
        : null,
    ];
  }

  function cells(rates, name, note) {
    return el(
      "tr",
      {},
      el("td", {}, name, note ? el("span", { class: "at-muted", text: ` ${note}` }) : null),
      number(rate(rates.input)),
      number(rate(rates.output)),
      number(rate(rates.cache_read)),
      number(rate(rates.cache_write)),
      el("td", { text: rates.from ? rates.from.slice(0, 10) : "always" }),
    );
  }

  function listed(models, fallback) {
    const rows = models.flatMap((entry) =>
      entry.prices.flatMap((rates) => [
        cells(rates, entry.model, entry.provider),
        ...rates.over.map((above) =>
          cells(
            { ...above, from: rates.from },
            entry.model,
            `above ${at.format.count(above.tokens)} tokens`,
          ),
        ),
      ]),
    );
    if (fallback) rows.push(cells(fallback, "any other model", "default rate"));
    return table(
      "Prices, USD per million tokens",
      [["Model"], ["Input", true], ["Output", true], ["Cached input", true], ["Cache write", true], ["From"]],
      rows,
    );
  }

  /** @returns {Element} filled when the server has answered */
  function pricing() {
    const body = el("div", { aria: { busy: "true" } });
    async function load() {
      try {
        const [all, mine] = await Promise.all([
          at.api.get("/settings/pricing"),
          at.api.get("/settings/pricing/used"),
        ]);
        const { models, default: fallback, catalogue, problem } = all.data;
        at.clear(
          body,
          problem ? el("p", { class: "at-problem", role: "alert", text: problem }) : null,
          el("h3", { text: "Models in use" }),
          used(mine.data),
          el("h3", { text: "Price table" }),
          el("p", {
            class: "at-muted",
            text:
              "USD per million tokens. Whoever runs the server changes them in its pricing file, " +
              `which is read again when it is saved. Models that are not listed: ${catalogue}` +
              (fallback ? ", then the default rate." : "; there is no default rate."),
          }),
          listed(models, fallback),
        );
      } catch (error) {
        at.clear(body, at.failure(error, load));
      }
      body.setAttribute("aria-busy", "false");
    }
    load();
    return el(
      "section",
      { class: "at-block", id: "pricing", aria: { labelledby: "at-pricing" } },
      el("h2", { id: "at-pricing", text: "Model pricing" }),
      el("dl", { class: "at-settings-tiers" }, TIERS.map(([source, what]) => [
        el("dt", {}, at.badge.cost(source)),
        el("dd", { text: what }),
      ])),
      body,
    );
  }

  at.settings = Object.assign(at.settings || {}, { pricing });
})();
