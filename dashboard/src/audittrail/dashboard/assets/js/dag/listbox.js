/** The DAG's nodes as a list, in order: for screen readers, and what has the focus. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const AROUND = 50;

  /** ``{node, update(all, active, isChosen)}``: options around the active one are there. */
  function createListbox(say) {
    const node = at.el("div", {
      class: "at-dag-list at-hidden",
      role: "listbox",
      tabindex: "0",
      aria: { label: "Nodes of the graph" },
    });
    let shown = "";

    function update(all, active, isChosen) {
      const low = Math.max(0, Math.min(active - AROUND, all.length - 2 * AROUND));
      const some = all.slice(low, low + 2 * AROUND);
      const options = some.map((item, i) => [say(item), isChosen(item), low + i]);
      const sign = JSON.stringify([all.length, active, options]);
      if (sign === shown) return;
      shown = sign;
      node.replaceChildren(...options.map(([text, chosen, place]) =>
        at.el("div", {
          id: `at-dag-option-${place}`,
          role: "option",
          aria: { selected: chosen, setsize: all.length, posinset: place + 1 },
          text,
        })));
      if (active >= 0) node.setAttribute("aria-activedescendant", `at-dag-option-${active}`);
      else node.removeAttribute("aria-activedescendant");
    }
    return { node, update };
  }

  at.dag ??= {};
  at.dag.createListbox = createListbox;
})();
