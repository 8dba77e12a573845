/** A trace in words: how it stands, and what it cost. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const MARKS = { running: "● ", incomplete: "○ " };

  /** ``17 min``, ``3 h``, ``2 d``: a silence need not be told to the second. */
  function silence(ms) {
    const minutes = Math.floor(ms / 60000);
    if (minutes < 1) return `${Math.floor(ms / 1000)} s`;
    if (minutes < 120) return `${minutes} min`;
    return minutes < 2880 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
  }

  /** ``{status, text}``: the pill, and what is said beside it (or null). */
  function status(store) {
    if (store.standing !== "incomplete") return { status: store.standing, text: null };
    const { open_spans: open = 0, missing_parents: missing = 0 } = store.summary;
    const quiet = `No data for ${silence(store.silentMs())}`;
    if (open) return { status: "incomplete", text: `${quiet}; ${at.format.plural(open, "span")} never ended.` };
    const parents = at.format.plural(missing || 1, "parent span");
    return { status: "incomplete", text: `${quiet}; ${parents} never received.` };
  }

  /**
   * ``{text, source, note}`` of a sum. What has no price is not counted in it, so the sum is a
   * lower bound; a sum in which nothing has a price is unknown.
   */
  function cost(usd, source, unpriced) {
    if (!usd && unpriced) return { text: "--", source: "unpriced", note: null };
    if (usd === null) return { text: "--", source, note: null };
    const text = at.format.cost(usd);
    if (!unpriced) return { text, source, note: null };
    return { text: `>= ${text}`, source, note: `${at.format.count(unpriced)} unpriced` };
  }

  /** The spans whose cost counts, by where it came from and by model, the largest first. */
  function costs(store) {
    const [sources, models] = [new Map(), new Map()];
    const add = (to, key, usd) => {
      const sum = to.get(key) || { key, spans: 0, usd: null };
      sum.spans += 1;
      if (usd !== null) sum.usd = (sum.usd || 0) + usd;
      to.set(key, sum);
    };
    for (const row of store.order()) {
      const source = store.costSource[row];
      if (!source || store.ghost[row] || !store.counts(row)[1]) continue;
      add(sources, source, store.cost[row]);
      add(models, store.model[row] || "no model named", store.cost[row]);
    }
    const sorted = (from) => [...from.values()].sort((a, b) => (b.usd ?? -1) - (a.usd ?? -1));
    return { sources: sorted(sources), models: sorted(models) };
  }

  /** Where most of a trace's cost came from. */
  function source(store) {
    const { cost_source: told, cost: usd, llm_calls: calls } = store.summary;
    if (told && told !== "mixed") return told;
    const largest = costs(store).sources[0];
    if (largest) return largest.key;
    return calls && usd === null ? "unpriced" : null;
  }

  function title(store) {
    const { name, error_count: failed } = store.summary;
    const failures = failed ? `! ${at.format.count(failed)} failed ` : "";
    return `${MARKS[store.standing] || ""}${failures}${name || "Trace"} - AuditTrail`;
  }

  at.trace ??= {};
  at.trace.words = { status, cost, costs, source, title, silence };
})();
