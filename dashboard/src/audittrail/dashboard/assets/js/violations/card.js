/** One violation: what it says, what it rests on, and what people said of it. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;

  const STATUSES = {
    open: "Open",
    acknowledged: "Acknowledged",
    waived: "Waived",
    withdrawn: "Withdrawn",
  };
  const SEVERITIES = ["critical", "high", "medium", "low", "info"];
  const COLUMNS = { input: "input", output: "output", name: "name", status_message: "error" };

  /** Letter, colour and word. */
  function severity(value) {
    return el("span", { class: `at-severity at-severity-${value}` },
      el("span", { class: "at-severity-mark", aria: { hidden: "true" } }),
      value);
  }

  function excerpt(found) {
    const what = found.what === "pattern" ? "found" : found.what;
    return el("figure", { class: "at-excerpt" },
      el("figcaption", { text: `${what[0].toUpperCase()}${what.slice(1)} in the ${COLUMNS[found.column] || found.column}` }),
      el("code", {},
        found.before.length >= 80 ? "..." : "", found.before,
        el("mark", { text: found.match }),
        found.after, found.after.length >= 80 ? "..." : ""));
  }

  function ruleText(rule, digest) {
    if (!rule) return null;
    return el("details", { class: "at-rule-text" },
      el("summary", { text: "Rule" }),
      rule.description ? el("p", { text: rule.description }) : null,
      el("pre", { tabindex: "0", text: rule.when }),
      el("p", { class: "at-muted at-small" },
        `${rule.id}, ${rule.scope} rule, as of ${digest}`,
        rule.tags.length ? `, ${rule.tags.join(", ")}` : ""),
      rule.references.length
        ? el("ul", { class: "at-small" }, rule.references.map((text) => el("li", { text })))
        : null);
  }

  function said(violation) {
    if (!violation.decided_by || violation.status === "open") return null;
    return el("p", { class: "at-small at-decision" },
      `${STATUSES[violation.status]} by ${violation.decided_by}: "${violation.decision_reason}" `,
      at.clock.node(at.clock.parse(violation.decided_at)));
  }

  /**
   * @param {object} violation as ``/traces/{id}/violations`` and ``/violations/{id}`` give it
   * @param {{open?: function(string), name?: function(string), decided: function()}} how
   *   ``open`` goes to a span; ``name`` says what it is called
   */
  function card(violation, how) {
    const spans = [violation.span_id, ...(violation.scope === "trace" ? violation.witnesses : [])].filter(Boolean);
    return el("article", { class: `at-violation at-violation-${violation.status} at-violation-${violation.severity}` },
      el("header", {},
        severity(violation.severity),
        el("strong", { text: violation.title }),
        violation.status === "open" ? null : el("span", { class: "at-violation-status", text: STATUSES[violation.status] })),
      el("p", { class: "at-violation-message", text: violation.message }),
      (violation.excerpts || []).map(excerpt),
      said(violation),
      el("footer", {},
        how.open
          ? [...new Set(spans)].map((id, place, all) =>
              at.button({
                label: all.length > 1 ? how.name(id) || `Span ${place + 1}` : "Go to span",
                title: "Go to span",
                kind: "quiet",
                run: () => how.open(id),
              }))
          : null,
        at.violations.decideButtons(violation, how.decided),
        ruleText(violation.rule, violation.rule_digest)));
  }

  at.violations = Object.assign(at.violations || {}, { card, severity, excerpt, SEVERITIES, STATUSES });
})();
