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

  /** Violations over time; ``chosen(since, until)`` is given what is dragged over. ``{node, show(summary)}`` */
  function createTimes(chosen) {
    const picture = at.svg("svg", { preserveAspectRatio: "none", role: "img" });
    const words = el("figcaption", { class: "at-muted at-small" });
    let shown = null; // [first, last] in milliseconds
    const node = el("figure", { class: "at-violation-times", hidden: true },
      at.list.createBrush(picture, () => shown, chosen), words);

    function show(summary) {
      const most = Math.max(1, ...summary.times.map(({ count }) => count));
      node.hidden = summary.times.length < 2;
      shown = null;
      if (node.hidden) return;
      const width = summary.width_ms;
      const first = at.clock.parse(summary.times[0].start);
      const end = at.clock.parse(summary.times[summary.times.length - 1].start) + width;
      shown = [first, end];
      const told = `${at.format.plural(summary.total, "violation")} from ${at.clock.text(first)} to ${at.clock.text(end)}`;
      words.textContent = told;
      picture.setAttribute("aria-label", told);
      picture.setAttribute("viewBox", `0 0 ${Math.round((end - first) / width)} 1`);
      at.clear(picture, summary.times.map(({ start, count }) => {
        const since = at.clock.parse(start);
        return at.svg("rect", {
          x: Math.round((since - first) / width) + 0.1,
          y: 1 - count / most,
          width: 0.8,
          height: count / most,
        }, at.svg("title", {}, `${at.clock.text(since)}: ${at.format.plural(count, "violation")}`));
      }));
    }

    return { node, show };
  }

  at.violations = Object.assign(at.violations || {}, { filters: { rules, facet, createTimes } });
})();
