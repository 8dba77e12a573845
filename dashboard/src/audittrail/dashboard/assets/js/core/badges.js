/** Where a cost came from, and how a trace or span stands. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  const COSTS = {
    agent: ["Agent", "A", "Reported by the agent in its spans."],
    estimated: ["Estimated", "E", "Tokens x price table."],
    default: ["Default Rate", "D", "Model not in the price table; default rate used."],
    unpriced: ["Unpriced", "U", "No tokens or no price. Not counted in the total."],
  };
  const STATUSES = {
    running: "Running",
    complete: "Complete",
    error: "Error",
    incomplete: "Incomplete",
    ok: "OK",
    unset: "OK",
  };

  /**
   * @param {"agent"|"estimated"|"default"|"unpriced"|null} source
   * @param {{short?: boolean, title?: string}} [how] short shows its letter alone.
   */
  function cost(source, how = {}) {
    const known = COSTS[source];
    if (!known) return null;
    const [label, letter, title] = known;
    return at.el("span", {
      class: `at-badge at-badge-${source}${how.short ? " at-badge-short" : ""}`,
      title: how.title || `${label}: ${title}`,
      text: how.short ? letter : label,
      aria: { label: how.short ? label : null },
      role: how.short ? "img" : null,
    });
  }

  function status(value) {
    const label = STATUSES[value] || value || "--";
    return at.el(
      "span",
      { class: `at-status at-status-${value}` },
      at.el("span", { class: "at-status-mark", aria: { hidden: "true" } }),
      label,
    );
  }

  at.badge = { cost, status, statusLabel: (value) => STATUSES[value] || "--" };
})();
