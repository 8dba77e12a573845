/** The elements of the DAG's tab, around its picture. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  /** The bar with its words and buttons, the stage, the list; kept up by ``update`` and ``offer``. */
  function createParts(view) {
    const { store } = view;
    const text = at.el("p", { class: "at-dag-words", role: "status" });
    const mode = (name, label) =>
      at.button({ label, pressed: false, run: () => view.setMode(name) });
    const flow = mode("flow", "Flow");
    const summary = mode("summary", "Summary");
    const inside = at.button({ label: "Flow of this selection", run: () => view.enter() });
    const whole = at.button({ label: "Whole trace", run: () => view.leave() });
    const tidy = at.button({ label: "Tidy", run: () => view.tidy(),
      title: "Lay out again: nodes that came later move to their places" });
    const legend = at.dag.createLegend();
    const more = at.button({ icon: "more", kind: "quiet", run() {},
      title: "Copy or download the graph" });
    const menu = at.menu(more, () => [{ label: "Copy as Mermaid", icon: "copy",
      run: () => void at.copy(at.dag.toMermaid(view.picture, view.edges), "Graph") },
    { label: "Download PNG", icon: "download", run: () => void at.dag.downloadPng(view) }]);
    const zoom = at.el("div", { class: "at-dag-zoom", role: "group", aria: { label: "Zoom" } },
      at.button({ icon: "minus-zoom", title: "Zoom out", keys: "-",
        run: () => view.zoom(1 / 1.3) }),
      at.button({ icon: "plus-zoom", title: "Zoom in", keys: "+", run: () => view.zoom(1.3) }),
      at.button({ icon: "fit", title: "Whole graph", keys: "0", run: () => view.fit() }), tidy);
    const bar = at.el("div", { class: "at-dag-bar" },
      at.el("div", { class: "at-dag-modes", role: "group", aria: { label: "Kind of graph" } },
        flow, summary),
      text, inside, whole, at.el("span", { class: "at-header-fill" }), legend.button, more);
    const hint = at.el("p", { class: "at-dag-hint", hidden: true,
      text: "One step so far. Steps appear here as the agent works." });

    function update() {
      const { picture, edges } = view;
      text.textContent = at.dag.words(store, picture, view.mode, view.top, edges.left);
      flow.setAttribute("aria-pressed", String(view.mode === "flow"));
      summary.setAttribute("aria-pressed", String(view.mode === "summary"));
      whole.hidden = view.top < 0;
      tidy.hidden = !view.layout.aside;
      tidy.lastChild.textContent = `Tidy (${at.format.count(view.layout.aside)} new)`;
      hint.hidden = store.order().length !== 1;
    }

    /** What may be done with the selection. */
    function offer() {
      const box = view.boxOfSelection();
      const isWhole = view.mode === "flow" && !view.picture.short;
      inside.hidden = box < 0 || box === view.top || isWhole;
    }
    return { bar, zoom, hint, legend, update, offer, close: () => menu.close(false) };
  }

  at.dag ??= {};
  at.dag.createParts = createParts;
})();
