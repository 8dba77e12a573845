/** What can be said without re-running a model: which sources share words with the answer. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;

  function table(store, graph) {
    const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
    const links = [...graph.links].sort((a, b) => b.value - a.value);
    return el("div", { class: "at-scroll", tabindex: "0", role: "region", aria: { label: "Overlap of each source" } },
      el("table", { class: "at-sankey-table at-overlap-table" },
        el("thead", {}, el("tr", {}, ["Source", "Overlap"].map((text, place) =>
          el("th", { scope: "col", class: place ? "at-number" : null, text })))),
        el("tbody", {}, links.map((link) => {
          const from = nodes.get(link.source);
          if (!from) return null;
          const row = from.span_id ? store.row(from.span_id) : -1;
          return el("tr", {},
            el("th", { scope: "row" },
              el("div", { class: "at-ablation-name" },
                at.ablation.kindIcon(from.kind),
                row < 0 ? el("span", { text: from.label })
                  : el("button", { type: "button", class: "at-sankey-pick", on: { click: () => store.select(row, { from: "sankey" }) } },
                      el("span", { text: from.label }))),
              from.text ? el("div", { class: "at-muted at-small at-ablation-first", text: at.ablation.words.opening(from.text) }) : null),
            el("td", { class: "at-number", text: at.format.percent(link.share ?? link.value) }));
        }))));
  }

  /** Without those that have no word in common, which are only told of. */
  function touching(graph) {
    const links = graph.links.filter((link) => link.value > 0);
    const kept = new Set(links.map((link) => link.source));
    const nodes = graph.nodes.filter((node) => node.kind === "target" || kept.has(node.id));
    return { ...graph, nodes, links };
  }

  at.ablation ??= {};
  at.ablation.buildOverlap = (store, choices) => {
    const { words } = at.ablation;
    const picture = at.ablation.buildPicture(store);
    const target = at.ablation.buildTarget(store, choices, { measured: false });
    const setup = el("div", {});
    const told = el("p", { class: "at-muted", role: "status" });
    const tables = el("div", {});
    const files = at.ablation.exportButtons(() => ({
      name: `overlap-${store.traceId.slice(0, 8)}`,
      title: words.OVERLAP,
      svg: picture.svg(),
      graph: choices.preview && choices.preview.overlap,
    }));
    const node = el("div", { class: "at-ablation-result" },
      el("header", { class: "at-ablation-head" }, el("h2", { text: words.OVERLAP }), el("span", { class: "at-header-fill" }), files),
      el("p", { text:
        "How much of the wording of each source comes back in the answer. Words in common do not show " +
        "that a source was used, and a source can matter without any." }),
      setup, target.node, told, picture.node, tables);

    function update() {
      const { preview, busy, error, endpoint } = choices;
      at.clear(setup, endpoint && !at.shell.who.demo ? at.ablation.setup(endpoint) : null);
      const graph = preview && preview.overlap;
      files.hidden = picture.node.hidden = tables.hidden = !graph;
      if (error && !graph) at.clear(told, error.message);
      else at.clear(told, graph || !busy ? null : "Comparing texts...");
      told.hidden = !told.hasChildNodes();
      if (!graph) return;
      const drawn = touching(graph);
      const silent = graph.nodes.length - drawn.nodes.length;
      if (silent) {
        at.clear(told, `${at.format.plural(silent, "source")} ${silent === 1 ? "has" : "have"} no word in ` +
          "common with the answer, and no ribbon.");
        told.hidden = false;
      }
      picture.put(drawn, {
        causal: false,
        settled: true,
        label: `${words.OVERLAP}. The table below says the same.`,
      });
      at.clear(tables, table(store, graph));
    }
    choices.on("preview", update);
    choices.on("targets", update);
    update();
    return { node, draw: picture.draw, destroy: picture.destroy };
  };
})();
