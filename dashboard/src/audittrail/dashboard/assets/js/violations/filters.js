/** What the page of violations is narrowed by: rules, severity, status, agent, time. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;

  const counted = (all) => new Map(all.map(({ value, count }) => [value, count]));

  /** The rules with how many violations each has; the chosen ones are pressed. */
  function rules(known, summary, chosen, choose) {
    const counts = counted(summary.rules);
    const names = new Map(known.map((rule) => [rule.id, rule]));
    for (const id of counts.keys()) if (!names.has(id)) names.set(id, { id, title: id, severity: null, gone: true });
    const rank = (rule) => at.violations.SEVERITIES.indexOf(rule.severity);
    const all = [...names.values()].sort((one, two) =>
      (counts.get(two.id) || 0) - (counts.get(one.id) || 0) || rank(one) - rank(two) || one.title.localeCompare(two.title));
    return el("ul", { class: "at-rules", aria: { label: "Rules" } }, all.map((rule) => {
      const many = counts.get(rule.id) || 0;
      return el("li", {},
        el("button", {
          type: "button",
          class: `at-rule${many ? "" : " at-rule-kept"}`,
          title: rule.gone ? "This rule is not in force any more." : rule.active === false ? "Switched off" : rule.description || rule.title,
          aria: { pressed: chosen.includes(rule.id) },
          on: { click: () => choose(rule.id) },
        },
        el("span", { class: `at-severity-mark at-severity-${rule.severity || "info"}`, aria: { hidden: "true" } }),
        el("span", { class: "at-rule-title", text: rule.title }),
        rule.active === false ? el("span", { class: "at-muted at-small", text: "off" }) : null,
        el("span", { class: "at-number", text: at.format.count(many) })));
    }));
  }

  /** A group of values that can each be chosen. */
  function facet(label, all, chosen, choose, node = (value) => value) {
    if (!all.length) return null;
    return el("div", { class: "at-facet", role: "group", aria: { label } },
      el("span", { class: "at-muted at-small", text: label }),
      all.map(({ value, count }) =>
        el("button", {
          type: "button",
          class: "at-facet-value",
          aria: { pressed: chosen.includes(value) },
          on: { click: () => choose(value) },
        }, node(value), el("span", { class: "at-number", text: at.format.count(count) }))));
  }

  /** Violations over time. */
  function times(summary) {
    const most = Math.max(1, ...summary.times.map(({ count }) => count));
    if (summary.times.length < 2) return null;
    const first = at.clock.parse(summary.times[0].start);
    const last = at.clock.parse(summary.times[summary.times.length - 1].start);
    const width = summary.width_ms;
    const buckets = Math.round((last - first) / width) + 1;
    const words = `${at.format.plural(summary.total, "violation")} from ${at.clock.text(first)} to ${at.clock.text(last + width)}`;
    return el("figure", { class: "at-violation-times" },
      at.svg("svg", { viewBox: `0 0 ${buckets} 1`, preserveAspectRatio: "none", role: "img", "aria-label": words },
        summary.times.map(({ start, count }) =>
          at.svg("rect", {
            x: Math.round((at.clock.parse(start) - first) / width) + 0.1,
            y: 1 - count / most,
            width: 0.8,
            height: count / most,
          }))),
      el("figcaption", { class: "at-muted at-small", text: words }));
  }

  at.violations = Object.assign(at.violations || {}, { filters: { rules, facet, times } });
})();
