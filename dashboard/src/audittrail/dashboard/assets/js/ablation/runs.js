/** The ablations of a trace: open one, delete one, compare two. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;
  const HEADS = ["", "When", "Target", "Model", "State", "Calls", "Cost", ""];

  /** Ask, then delete. */
  function removeRun(source, run, removed) {
    at.dialog({
      title: "Delete this ablation?",
      body: [el("p", { text: "What it measured is deleted, and the trace of its calls." })],
      actions: [
        { label: "Keep it", run() {} },
        {
          label: "Delete",
          kind: "danger",
          async run() {
            try {
              await source.remove(run.id);
              removed(run);
            } catch (error) {
              at.toast(`It could not be deleted: ${error.message}`, { kind: "error" });
            }
          },
        },
      ],
    });
  }

  /** @param {{open: function(string), compare: function(string, string), remove: function(object)}} how */
  function buildRuns(how) {
    const ticked = new Set();
    let order = [];
    const compare = at.button({
      label: "Compare",
      run() {
        // The older one first.
        const [b, a] = order.filter((id) => ticked.has(id));
        if (ticked.size === 2) how.compare(a, b);
      },
    });
    const body = el("tbody", {});
    const node = el("section", { class: "at-ablation-runs", hidden: true },
      el("header", { class: "at-ablation-head" },
        el("h3", { text: "Ablations of this trace" }), compare),
      el("div", { class: "at-scroll", tabindex: "0", role: "region", aria: { label: "Ablations of this trace" } },
        el("table", { class: "at-sankey-table at-ablation-list" },
          el("thead", {}, el("tr", {}, HEADS.map((text, place) => (text
            ? el("th", { scope: "col", class: place > 4 ? "at-number" : null, text })
            : el("td", {}))))),
          body)));

    function tellTicked() {
      const left = 2 - ticked.size;
      compare.setAttribute("aria-disabled", String(left !== 0));
      compare.querySelector("span").textContent = `Compare (${ticked.size})`;
      compare.title = left > 0 ? `Tick ${left === 2 ? "two runs" : "one more run"} to compare` : "Compare the two";
      for (const box of body.querySelectorAll("input")) box.disabled = left <= 0 && !box.checked;
    }

    function line(run, shown) {
      const { words } = at.ablation;
      const when = at.clock.parse(run.created_at);
      const name = run.target ? run.target.name : "a model call";
      const box = el("input", {
        type: "checkbox",
        checked: ticked.has(run.id),
        aria: { label: `Compare the run of ${at.clock.text(when)}` },
        on: {
          change() {
            if (box.checked) ticked.add(run.id);
            else ticked.delete(run.id);
            tellTicked();
          },
        },
      });
      const progress = run.progress || {};
      return el("tr", { aria: { current: run.id === shown ? "true" : null } },
        el("td", {}, box),
        el("td", {}, el("button", {
          type: "button", class: "at-sankey-pick", aria: { label: `Open the run of ${at.clock.text(when)}` },
          on: { click: () => how.open(run.id) },
        }, at.clock.node(when))),
        el("td", { text: `${words.opening(name, 60)}${run.measure && run.measure !== "text" ? `, ${(words.MEASURES[run.measure] || run.measure).toLowerCase()}` : ""}` }),
        el("td", { text: run.model }),
        el("td", { text: words.STATES[run.state] || run.state }),
        el("td", { class: "at-number", text: at.format.count(progress.calls) }),
        el("td", { class: "at-number" },
          `${words.spent(progress)} `,
          at.badge.cost(progress.cost_source, { short: true })),
        el("td", { class: "at-number" }, at.shell.who.demo || !words.isOver(run) ? null : at.button({
          icon: "trash", kind: "quiet", title: "Delete", run: () => how.remove(run),
        })));
    }

    let listed = "";
    return {
      node,
      put(runs, shown) {
        node.hidden = !runs.length;
        order = runs.map((run) => run.id);
        for (const id of ticked) if (!runs.some((run) => run.id === id)) ticked.delete(id);
        compare.hidden = runs.length < 2;
        const now = JSON.stringify([runs, shown, [...ticked], at.shell.who.demo]);
        if (now === listed) return;
        listed = now;
        at.clear(body, runs.map((run) => line(run, shown)));
        tellTicked();
      },
    };
  }

  at.ablation ??= {};
  Object.assign(at.ablation, { buildRuns, removeRun });
})();
