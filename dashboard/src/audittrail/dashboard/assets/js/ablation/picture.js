/** A chart in its place: drawn to its width, marked by what is selected and pointed at. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  /** ``{node, put(graph, how), svg(), destroy()}`` */
  at.ablation ??= {};
  at.ablation.buildPicture = (store) => {
    const place = at.el("div", { class: "at-sankey-place" });
    const legend = at.el("div", {});
    const node = at.el("div", {}, place, legend);
    const card = at.ablation.createCard();
    let shaped = null;
    let how = {};
    let width = 0;

    const row = (each) => (each.span ? store.row(each.span) : -1);

    function pick(each) {
      const found = row(each);
      if (found >= 0) store.select(found, { from: "sankey" });
    }

    function draw() {
      if (!shaped || !place.isConnected || !place.clientWidth) return;
      width = place.clientWidth;
      card.hide();
      const { scrollLeft } = place;
      const focused = place.contains(document.activeElement) ? document.activeElement.dataset.key : null;
      at.clear(place, at.ablation.drawChart(shaped, { ...how, width, row, pick, card, hover: store.hover }));
      place.scrollLeft = scrollLeft;
      if (focused) {
        [...place.querySelectorAll("[data-key]")].find((each) => each.dataset.key === focused)
          ?.focus({ preventScroll: true });
      }
      mark();
    }

    function mark() {
      if (!shaped) return;
      const nodes = new Map(shaped.columns.flat().map((each) => [each.id, each]));
      for (const drawn of place.querySelectorAll(".at-causal-node")) {
        const found = row(nodes.get(drawn.dataset.key));
        const selected = found >= 0 && found === store.selected;
        drawn.classList.toggle("at-sankey-selected", selected);
        drawn.classList.toggle("at-causal-hovered", found >= 0 && found === store.hovered);
        if (found >= 0) drawn.setAttribute("aria-pressed", String(selected));
      }
    }

    const sizes = new ResizeObserver(() => {
      if (Math.abs(place.clientWidth - width) > 1) draw();
    });
    sizes.observe(place);
    const offs = [store.on("selected", mark), store.on("hover", mark)];

    return {
      node,
      /** @param {{causal: boolean, settled: boolean, label: string}} next */
      put(graph, next) {
        shaped = at.ablation.shape(graph);
        how = next;
        draw();
        at.clear(legend, at.ablation.legend(shaped));
      },
      draw,
      get shaped() {
        return shaped;
      },
      /** The picture's element, or null. */
      svg: () => place.querySelector("svg"),
      destroy() {
        card.hide();
        sizes.disconnect();
        for (const off of offs) off();
      },
    };
  };
})();
