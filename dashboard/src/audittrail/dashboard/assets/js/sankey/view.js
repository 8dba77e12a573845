/** The Sankey tab: ablations of the trace, and below them how tokens and cost flowed. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  // While data come: what took n ms to find out is asked again after 4 n ms.
  const REST_MS = 1000;
  const REST_FACTOR = 4;
  // Of a large trace it takes seconds to find out who called what: the order of spans serves first.
  const WAIT_MS = 200;
  const NOT_CALLS = "spans that are no model calls, which are not drawn";
  // Sums of the same costs in another order differ by less.
  const LEAST_USD = 1e-9;
  const DRAFT =
    "Still finding out which call asked for which tool; until then, by the order of the spans.";
  const HOW = {
    tokens:
      "Widths are the tokens that model calls reported, not causes: on the left what a call " +
      "read, on the right what it wrote. As much as the call before it read and wrote is taken " +
      "for the earlier conversation; what a call read beyond that is put to what ran between the " +
      "two.",
    cost:
      "Widths are the recorded cost of model calls, not causes. A call's cost is drawn in full " +
      "on both sides; on the left it is shared by the tokens of what came in.",
  };

  function build(root, store) {
    const ablation = at.ablation.createSection(store);
    const place = at.el("div", { class: "at-sankey-place" });
    const table = at.el("div", { class: "at-sankey-tables" });
    const note = at.el("p", { class: "at-muted" });
    const costs = at.el("p", { class: "at-sankey-costs", hidden: true });
    const silent = at.el("div", { class: "at-sankey-silent" });
    const draft = at.el("p", { class: "at-muted", role: "status", hidden: true, text: DRAFT });
    const chosen = at.el("p", { class: "at-muted", hidden: true });
    const buttons = ["tokens", "cost"].map((each) =>
      at.button({
        label: each === "cost" ? "Cost" : "Tokens",
        pressed: each === "tokens",
        run: () => choose(each),
      }),
    );
    const download = (kind) =>
      at.button({
        icon: "download",
        label: kind.toUpperCase(),
        kind: "quiet",
        title: `Download the table as ${kind.toUpperCase()}`,
        run: () => flow && at.sankey.downloadFlow(store, flow, measure, kind),
      });
    const flowing = at.el(
      "section",
      { class: "at-sankey-flow", hidden: true },
      at.el(
        "header",
        {},
        at.el("h2", { text: at.sankey.TITLE }),
        at.el("div", { role: "group", aria: { label: "Width of the ribbons" } }, buttons),
        at.el("span", { class: "at-header-fill" }),
        download("csv"),
        download("json"),
      ),
      note,
      costs,
      draft,
      chosen,
      place,
      silent,
      table,
    );
    const whole = at.el("div", { class: "at-sankey", tabindex: "0", role: "region",
      aria: { label: "Sankey" } }, ablation.node, flowing);
    root.append(whole);

    let measure = "tokens";
    let calls = [];
    let known = [];
    let busy = false;
    let flow = null;
    let isShown = false;
    let stale = true;
    let timer = 0;
    let width = 0;
    const words = (value) =>
      measure === "cost" ? at.format.cost(value) : at.format.tokens(Math.round(value));

    // A call reads and writes; what is drawn is the larger of the two.
    function size(node) {
      if (measure === "cost" || node.column !== 1) return words(node.size);
      return `${words(node.into)} in, ${words(node.out)} out`;
    }

    // The triangle that marks a violation everywhere, with how many rules its spans broke.
    function said(node) {
      const broken = node.rows.reduce((sum, row) => sum + store.violations[row], 0);
      return broken ? `${size(node)} ▲ ${at.format.plural(broken, "violation")}` : size(node);
    }

    function choose(next) {
      measure = next;
      buttons.forEach((button, i) =>
        button.setAttribute("aria-pressed", String(["tokens", "cost"][i] === next)),
      );
      show();
    }

    function isSelected(node) {
      return store.selected >= 0 && node.rows.includes(store.selected);
    }

    // Of a node with many spans, each further click takes the next.
    function pick(node) {
      if (!node.rows.length) return;
      const here = node.rows.indexOf(store.selected);
      store.select(node.rows[(here + 1) % node.rows.length], { from: "sankey" });
    }

    function draw() {
      if (!flow || !isShown) return;
      width = Math.max(280, place.clientWidth);
      const chart = at.sankey.drawChart(flow, {
        width,
        words,
        said,
        pick,
        isSelected,
        hover: (row) => store.hover(row),
      });
      keepingFocus(place, () => at.clear(place, chart));
      tellSelected();
    }

    // What is drawn anew keeps the focus where it was.
    function keepingFocus(within, redraw) {
      const { scrollLeft } = within;
      const focused = within.contains(document.activeElement)
        ? document.activeElement.dataset.key : null;
      redraw();
      within.scrollLeft = scrollLeft;
      const same = (node) => node.dataset.key === focused;
      if (!focused) return;
      [...within.querySelectorAll("[data-key]")].find(same)?.focus({ preventScroll: true });
    }

    function tellSelected() {
      const row = store.selected;
      const drawn = row < 0 || flow.columns.flat().some(isSelected) || flow.silent.includes(row);
      chosen.hidden = drawn;
      chosen.textContent = drawn
        ? "" : `The selected span, ${store.name[row] || "a span"}, is not a part of this flow.`;
    }

    // Where the drawn costs came from: an estimate must not pass for a bill.
    function tellCosts() {
      const drawn = calls.filter((call) => call.cost !== null);
      const sources = new Set(drawn.map((call) => store.costSource[call.row]));
      if (flow.silent.length) sources.add("unpriced");
      costs.hidden = measure !== "cost";
      const total = drawn.length ? flow.total : null;
      const rest = (store.summary?.cost ?? 0) - flow.total;
      at.clear(
        costs,
        at.el("strong", { text: at.trace.words.cost(total, null, flow.silent.length).text }),
        ["agent", "estimated", "default", "unpriced"].map((each) =>
          sources.has(each) ? at.badge.cost(each) : null),
        rest > LEAST_USD
          ? at.el("span", { class: "at-muted", text: `and ${words(rest)} of ${NOT_CALLS}` })
          : null,
      );
    }

    function tellSilent() {
      const what = measure === "cost" ? "cost" : "tokens";
      at.clear(
        silent,
        flow.silent.length
          ? [
              at.el("p", {
                text: `${at.format.plural(flow.silent.length, "model call")} reported no ${what} ` +
                  "and cannot be drawn:",
              }),
              at.el(
                "ul",
                {},
                flow.silent.slice(0, 20).map((row) =>
                  at.el("li", {}, at.button({
                    label: store.name[row] || "model call",
                    kind: "quiet",
                    run: () => store.select(row, { from: "sankey" }),
                  })),
                ),
                flow.silent.length > 20
                  ? at.el("li", { text: `and ${at.format.count(flow.silent.length - 20)} more` })
                  : null,
              ),
            ]
          : null,
      );
    }

    function show() {
      flow = at.sankey.buildFlow(store, calls, measure);
      flowing.hidden = calls.length === 0;
      note.textContent = HOW[measure];
      tellCosts();
      draw();
      tellSilent();
      keepingFocus(table, () => at.clear(
        table,
        flow.links.length
          ? at.sankey.drawTable(flow, measure, words, (link) =>
              store.select([...link.rows][0], { from: "sankey" }))
          : null,
      ));
      place.hidden = flow.links.length === 0;
    }

    async function refresh() {
      if (!isShown || !stale || timer || busy) return;
      stale = false;
      busy = true;
      const began = performance.now();
      const asking = at.details.edges(store);
      const late = new Promise((done) => setTimeout(done, WAIT_MS));
      const soon = await Promise.race([asking, late]);
      draft.hidden = Boolean(soon);
      put(soon || known);
      if (!soon) {
        put(await asking);
        draft.hidden = true;
      }
      busy = false;
      timer = setTimeout(() => {
        timer = 0;
        refresh();
      }, Math.max(REST_MS, REST_FACTOR * (performance.now() - began)));
    }

    function put(edges) {
      if (!isShown) {
        stale = true;
        return;
      }
      known = edges;
      calls = at.sankey.modelCalls(store, edges);
      show();
    }

    const sizes = new ResizeObserver(() => {
      if (isShown && Math.abs(place.clientWidth - width) > 1) draw();
    });
    sizes.observe(place);
    const offs = [
      store.on("changed", () => {
        stale = true;
        refresh();
        ablation.changed();
      }),
      store.on("selected", draw),
    ];
    return {
      shown() {
        isShown = true;
        ablation.shown();
        refresh();
        draw();
      },
      hidden() {
        isShown = false;
        ablation.hidden();
      },
      destroy() {
        isShown = false;
        clearTimeout(timer);
        sizes.disconnect();
        for (const off of offs) off();
        ablation.destroy();
      },
    };
  }

  at.views.define("sankey", { build });
})();
