/** Which model call asked for a tool, and which used its result. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const asked = new WeakMap();

  at.details ??= {};
  /** The edges of a store's trace, asked for again when spans were added. */
  at.details.edges = (store) => {
    const kept = asked.get(store);
    if (kept && kept.seq === store.seq && kept.count === store.count) return kept.edges;
    const edges = at.api
      .get(`/traces/${encodeURIComponent(store.traceId)}/edges`)
      .then((answer) => answer.data.edges)
      .catch(() => {
        asked.delete(store);
        return [];
      });
    asked.set(store, { seq: store.seq, count: store.count, edges });
    return edges;
  };

  /** A button that selects another span. */
  at.details.spanButton = (store, id, more = "") => {
    const row = store.row(id);
    if (row < 0) return at.el("span", { class: "at-mono", text: id });
    return at.el(
      "button",
      {
        type: "button",
        class: "at-span-link",
        title: `Go to ${at.details.short(store.name[row])}`,
        on: { click: () => store.select(row, { from: "details" }) },
      },
      at.typeIcon(store.type[row]),
      at.el("span", { text: at.details.short(store.name[row] || "span") }),
      more ? at.el("span", { class: "at-muted", text: at.details.short(more) }) : null,
    );
  };

  /** "Called by" and "Result used by" of a tool span; null if nothing is known. */
  at.details.callers = (store, edges, spanId) => {
    const line = (label, found, end) =>
      found.length
        ? at.el(
            "p",
            { class: "at-joined" },
            at.el("span", { class: "at-muted", text: label }),
            found.map((edge) =>
              at.details.spanButton(
                store,
                edge[end],
                [edge.call_id, edge.inferred ? "(inferred)" : null].filter(Boolean).join(" "),
              ),
            ),
          )
        : null;
    const calls = edges.filter((edge) => edge.kind === "call" && edge.to === spanId);
    const used = edges.filter((edge) => edge.kind === "result" && edge.from === spanId);
    if (!calls.length && !used.length) return null;
    return at.el("div", {}, line("Called by", calls, "from"), line("Result used by", used, "to"));
  };
})();
