/** The line of figures of a trace. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  function figure(label, more = {}) {
    const value = at.el("dd", {});
    const node = at.el("div", { class: "at-kpi", ...more }, at.el("dt", { text: label }), value);
    return { node, value };
  }

  function setText(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  function tokens(summary) {
    const { count } = at.format;
    const { tokens_in: given, tokens_out: out, tokens_cached: cached } = summary;
    if (given === null && out === null) return "--";
    const parts = [`${count(given)} in`, `${count(out)} out`];
    if (cached) parts.push(`${count(cached)} cached`);
    if (summary.tokens_reasoning) parts.push(`${count(summary.tokens_reasoning)} reasoning`);
    return parts.join(" / ");
  }

  /** "Critical path 31.4 s: LLM 68%, Tool 22%, waiting 10%" */
  function critical(store) {
    const { total, byType, waiting } = store.criticalPath();
    const parts = Object.entries(byType)
      .filter(([, ms]) => ms > 0)
      .sort((a, b) => b[1] - a[1])
      .map(([type, ms]) => `${at.typeLabel(type) || type} ${at.format.percent(ms / total)}`);
    if (waiting > 0) parts.push(`waiting ${at.format.percent(waiting / total)}`);
    return `${at.format.duration(total)}: ${parts.join(", ")}`;
  }

  /** ``{node, update(), tick()}`` */
  function build(store) {
    const duration = figure("Duration");
    const spans = figure("Spans");
    const used = figure("Tokens", { tabindex: "0" });
    const cost = figure("Cost", { tabindex: "0" });
    const path = figure("Critical path");
    const price = at.el("span", { data: { kpi: "cost" } });
    const badge = at.el("span", {});
    const note = at.el("span", { class: "at-muted" });
    cost.value.append(price, " ", badge, " ", note);
    const cards = [
      at.hoverCard(used.node, () => at.trace.cards.tokens(store)),
      at.hoverCard(cost.node, () => at.trace.cards.cost(store)),
    ];
    const parts = [duration, spans, used, cost, path];
    const node = at.el("dl", { class: "at-kpis" }, parts.map((part) => part.node));
    let shownSource;

    function tick() {
      const { summary } = store;
      const start = at.clock.parse(summary.start_time);
      const ms = store.live && start !== null ? store.now() + store.baseMs - start : summary.duration_ms;
      setText(duration.value, at.format.duration(store.live ? Math.max(0, ms) : ms));
    }

    function update() {
      const { summary } = store;
      tick();
      setText(spans.value, at.format.count(summary.span_count));
      setText(used.value, tokens(summary));
      const source = at.trace.words.source(store);
      const told = at.trace.words.cost(summary.cost, source, summary.unpriced_spans);
      setText(price, told.text);
      const mostly = summary.cost_source === "mixed" && told.source !== "unpriced" ? "mostly" : null;
      setText(note, [mostly, told.note].filter(Boolean).join(", "));
      if (told.source !== shownSource) {
        shownSource = told.source;
        at.clear(badge, at.badge.cost(told.source));
      }
      path.node.hidden = !store.criticalOn || !at.trace.criticalPath;
      if (!path.node.hidden) setText(path.value, critical(store));
    }

    return { node, update, tick, destroy: () => cards.forEach((card) => card.hide()) };
  }

  at.trace ??= {};
  at.trace.kpis = { build };
})();
