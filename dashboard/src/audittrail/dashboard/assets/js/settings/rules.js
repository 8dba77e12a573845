/** Rules: those in force, switched on and off, and one's own, tried before they are saved. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;
  const EXAMPLE = `rules:
  - id: my-run-budget
    title: A run costs more than 20 cents
    severity: medium
    scope: trace
    when: cost > 0.20
    message: "{cost} USD so far"
    while_running: true

  - id: my-approved-tools
    title: A tool that is not approved
    severity: high
    scope: span
    when: span_type = 'tool' AND name NOT IN ('search', 'read_ticket')
    message: "{name} was called"
`;

  function found(trial) {
    const total = Object.values(trial.counts).reduce((sum, each) => sum + each, 0);
    const lines = Object.entries(trial.counts).map(([id, count]) => el("li", { text: `${id}: ${at.format.count(count)}` }));
    return [
      el("p", { text: `${at.format.plural(total, "violation")} in your newest ${at.format.plural(trial.traces, "trace")}. Nothing was stored.` }),
      el("ul", {}, lines),
      trial.failures.length ? el("ul", { class: "at-problem" }, trial.failures.map((each) => el("li", { text: `${each.rule_id}: ${each.reason}` }))) : null,
      el("ul", {}, trial.verdicts.slice(0, 10).map((each) =>
        el("li", {},
          each.trace_id
            ? at.link(`/traces/${each.trace_id}${each.span_id ? `?span=${each.span_id}` : ""}`, {}, each.message)
            : each.message))),
    ];
  }

  /** @returns {Element} */
  function rules(readOnly) {
    const told = el("div", { class: "at-problem", role: "alert", hidden: true });
    const result = el("div", { role: "status" });
    const list = el("ul", { class: "at-rule-switches" });
    const text = el("textarea", {
      class: "at-input at-rules-text",
      id: "at-own-rules",
      rows: "14",
      spellcheck: "false",
      placeholder: EXAMPLE,
      disabled: readOnly,
    });
    let off = new Set();
    let saved = ""; // a switch says nothing about what is being written

    function problem(lines) {
      told.hidden = !lines.length;
      at.clear(told, el("ul", {}, lines.map((line) => el("li", { text: line }))));
    }
    async function put(own) {
      try {
        await at.api.send("PUT", "/rules/own", { text: own, off: [...off] });
        problem([]);
        at.toast("Saved. What arrives from now on is judged by it.", { kind: "ok" });
        return true;
      } catch (error) {
        problem(Array.isArray(error.detail) ? error.detail.map((each) => each.msg) : [error.message]);
        return false;
      }
    }
    async function save() {
      const own = text.value;
      if (!(await put(own))) return;
      saved = own;
      await load();
    }
    async function attempt() {
      at.clear(result, el("p", { class: "at-muted", text: "Trying on your newest 1,000 traces..." }));
      try {
        const { data } = await at.api.send("POST", "/rules/try", { text: text.value });
        problem(data.problems.map((each) => `line ${each.line}: ${each.rule || "file"}: ${each.message}`));
        at.clear(result, data.problems.length && !data.traces ? null : found(data));
      } catch (error) {
        at.clear(result);
        problem([error.message]);
      }
    }
    function row(rule) {
      const tick = el("input", {
        type: "checkbox",
        checked: rule.active,
        disabled: readOnly || rule.own || !rule.enabled,
        on: {
          async change() {
            const before = off;
            off = new Set(off);
            if (tick.checked) off.delete(rule.id);
            else off.add(rule.id);
            if (await put(saved)) return;
            off = before;
            tick.checked = !tick.checked;
          },
        },
      });
      return el("li", {},
        el("label", {}, tick, at.violations.severity(rule.severity), el("span", { text: rule.title })),
        el("span", { class: "at-muted at-small", text: rule.own ? "yours" : rule.enabled ? rule.file : "off in its file" }),
        rule.open_violations
          ? at.link(`/violations?rule=${rule.id}`, { class: "at-small" }, at.format.plural(rule.open_violations, "violation"))
          : null);
    }
    async function load() {
      try {
        const [own, all] = await Promise.all([at.api.get("/rules/own"), at.api.get("/rules")]);
        if (text.value === saved) text.value = own.data.text;
        saved = own.data.text;
        off = new Set(own.data.off);
        at.clear(list, all.data.rules.map(row));
      } catch (error) {
        problem([error.message]);
      }
    }
    load();
    return el("section", { class: "at-block", id: "rules", aria: { labelledby: "at-rules" } },
      el("h2", { id: "at-rules", text: "Rules" }),
      el("p", { class: "at-muted", text: "What arrives is judged by these, within about a second. Switches and own rules are for your traces only." }),
      list,
      el("h3", {}, el("label", { for: "at-own-rules", text: "Your own rules (YAML)" })),
      text,
      readOnly
        ? null
        : el("div", { class: "at-settings-line" },
            at.button({ label: "Save rules", kind: "primary", run: save }),
            at.button({ label: "Try on the newest 1,000 traces", run: attempt }),
            at.button({
              label: "Insert an example",
              kind: "quiet",
              run() {
                text.value = text.value.trim() ? `${text.value.trimEnd()}\n\n${EXAMPLE.replace("rules:\n", "")}` : EXAMPLE;
                text.focus();
              },
            })),
      told,
      result);
  }

  at.settings = Object.assign(at.settings || {}, { rules });
})();
