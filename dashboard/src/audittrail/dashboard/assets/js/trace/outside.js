/** Above every view: that the selected span is none of those that the filter leaves. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  /** ``{node, destroy()}`` */
  function buildOutside(store) {
    const words = at.el("span", {});
    const node = at.el(
      "div",
      { class: "at-outside", role: "status", hidden: true },
      words,
      at.button({
        label: "Show",
        run() {
          store.setFilterMode(false);
          store.select(store.selected, { from: "filter", again: true, push: false });
        },
      }),
    );
    const update = at.perFrame(() => {
      const row = store.selected;
      node.hidden = !store.isFiltered(row);
      if (!node.hidden) words.textContent = `${at.spansRow.nameOf(store, row)} hidden by filter`;
    });
    const offs = ["find", "selected", "changed"].map((name) => store.on(name, update));
    update();
    return {
      node,
      destroy() {
        for (const off of offs) off();
      },
    };
  }

  at.trace ??= {};
  at.trace.buildOutside = buildOutside;
})();
