/** The Summary: spans of one name under the same path are one node, and loops are drawn back. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  // "step 12" and "step 13" are the same step.
  const shapeOf = (name) => name.replace(/\d+/g, "#");

  // Rows by name, in the order in which each name comes first; and which name followed which.
  function byName(store, families, parent) {
    const found = new Map();
    const follows = new Map();
    for (const family of families) {
      let before = null;
      for (const row of family) {
        if (!at.dag.isIn(store, row)) continue;
        const name = at.dag.nameOf(store, row);
        const key = `${parent ? parent.key : ""}/${store.type[row]}:${shapeOf(name)}`;
        let item = found.get(key);
        if (!item) {
          item = at.dag.makeItem(store, { key, kind: "same", row, rows: [], parent, name });
          found.set(key, item);
        }
        if (item.name !== name) item.name = shapeOf(name).replaceAll("#", "…");
        item.rows.push(row);
        item.box ||= store.hasChildren(row);
        if (before) {
          const step = `${before} ${key}`;
          if (!follows.has(step)) follows.set(step, { from: before, to: key, count: 0 });
          follows.get(step).count += 1;
        }
        before = key;
      }
    }
    return { found: [...found.values()], follows: [...follows.values()] };
  }

  /**
   * @param {{top: number, folds: Map<string, boolean>}} how ``folds``: what the reader opened or
   *   closed of the summary's own nodes
   * @returns {{items: Item[], all: Item[], follows: {from: string, to: string, count: number}[]}}
   */
  function summary(store, how) {
    const limit = at.dag.USUAL;
    const follows = [];
    const all = [];
    let drawn = 0;

    function put(families, parent, room) {
      const named = byName(store, families, parent);
      if (named.found.length > room && parent && parent.parent) return null;
      let shown = named.found;
      if (shown.length > room) {
        const left = shown.slice(room - 1);
        shown = [...shown.slice(0, room - 1), at.dag.restOf(store, left, parent)];
      }
      const kept = new Set(shown.map((item) => item.key));
      follows.push(...named.follows.filter((each) => kept.has(each.from) && kept.has(each.to)));
      drawn += shown.length;
      return shown;
    }

    const top = put([how.top >= 0 ? [how.top] : store.roots()], null, limit);
    const queue = [...top];
    for (let next = 0; next < queue.length; next += 1) {
      const item = queue[next];
      all.push(item);
      if (item.kind === "rest") continue;
      const own = how.folds.get(item.key);
      const room = (own ? at.dag.MOST : limit) - drawn;
      if (item.box && own !== false && room > 1) {
        const families = item.rows.map((row) => store.children(row));
        const below = put(families, item, room);
        item.open = Boolean(below && below.length);
        item.items = below || [];
        for (const each of item.items) each.level = item.level + 1;
        queue.push(...item.items);
      }
      item.failed = item.rows.filter((row) => store.status[row] === "error").length;
      item.spans = item.rows.reduce((sum, row) =>
        sum + (item.open ? (store.ghost[row] ? 0 : 1) : at.dag.countBelow(store, row)), 0);
      if (item.rows.length === 1) item.name = at.dag.nameOf(store, item.row);
    }
    return { items: top, all, follows };
  }

  at.dag ??= {};
  at.dag.summary = summary;
})();
