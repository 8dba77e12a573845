/** Going from node to node of the DAG by keys. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const RANK = { call: 0, result: 0, handoff: 1, order: 1, link: 2 };

  function standOn(view, item) {
    if (item.kind === "span") view.store.select(item.row, { from: "dag", push: false });
    view.standOn(item);
  }

  /** To the node that an edge leads to (``step`` 1) or comes from: calls and results first. */
  function along(view, step) {
    const [out, into] = step > 0 ? ["from", "to"] : ["to", "from"];
    const here = view.here();
    if (!here) return;
    const next = view.edges.all
      .filter((edge) => edge[out].key === here.key && edge[into].key && edge.kind in RANK)
      .sort((a, b) => RANK[a.kind] - RANK[b.kind])[0];
    if (next) standOn(view, next[into]);
    else at.announce(step > 0 ? "No edge leads on from here." : "No edge leads here.");
  }

  /** What the arrow keys and Enter do; false if nothing. */
  function key(view, name) {
    const { ordered } = view;
    const here = view.here();
    if (name === "up" || name === "down") {
      const step = name === "up" ? -1 : 1;
      const place = here ? ordered.indexOf(here) : step > 0 ? -1 : ordered.length;
      const next = ordered[Math.max(0, Math.min(ordered.length - 1, place + step))];
      if (next) standOn(view, next);
    } else if (!here) return false;
    else if (name === "left") {
      if (here.open) view.toggle(here.key);
      else if (here.parent) standOn(view, here.parent);
    } else if (name === "right") {
      if (here.open) standOn(view, here.items[0]);
      else view.toggle(here.key);
    } else if (name === "enter") view.store.select(here.row, { from: "dag", again: true });
    return true;
  }

  at.dag ??= {};
  at.dag.walking = { along, key };
})();
