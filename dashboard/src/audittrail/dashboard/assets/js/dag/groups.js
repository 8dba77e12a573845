/** What the DAG draws as nodes: spans, closed boxes, runs, and what is beyond the most. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const USUAL = 150;
  const MOST = 1500;

  function nameOf(store, row) {
    if (store.ghost[row] === 2) return "caller (remote)";
    if (store.ghost[row]) return "parent not received";
    return store.name[row] || "span";
  }

  /** Start and end of a row with all below it; what runs has no end. */
  function times(store, row) {
    const sums = store.subtree(row);
    const start = store.ghost[row] ? sums.start : store.start[row];
    const end = store.running[row] ? Infinity : store.ghost[row] ? sums.end : store.end[row];
    return [start, Number.isNaN(end) ? start : end];
  }

  /**
   * @typedef {object} Item one node
   * @property {string} key
   * @property {"span"|"run"|"rest"|"same"} kind ``same`` is a node of the summary
   * @property {number} row what stands for it
   * @property {ArrayLike<number>|null} rows all of them, if there are more than one
   * @property {Item|null} parent
   * @property {boolean} box whether there is something below it
   * @property {boolean} open
   * @property {Item[]} items
   * @property {number} spans how many spans of the trace it stands for; over all items these add
   *   up to the trace
   */
  function makeItem(store, given) {
    const [start, end] = given.row >= 0 ? times(store, given.row) : [0, 0];
    return { rows: null, parent: null, box: false, open: false, items: [], spans: 0, level: 0,
      type: given.row >= 0 ? store.type[given.row] : "step",
      start, end, ...given };
  }

  const isIn = (store, row) => !store.filtering || !store.isFiltered(row);

  /** Spans without ghosts, of those that the filter leaves. */
  function countBelow(store, row) {
    return store.subtree(row).count;
  }

  // What is below a row: spans, and runs in the place of their spans.
  function partsOf(store, rows, parent) {
    const found = [];
    const seen = new Set();
    for (const row of rows) {
      if (!isIn(store, row)) continue;
      const run = store.filtering ? null : store.runOf(row);
      if (run && seen.has(run.key)) continue;
      if (run) {
        seen.add(run.key);
        const item = makeItem(store, { key: run.key, kind: "run", row: run.rows[0], parent,
          rows: run.rows, box: true, name: run.name, failed: run.failed });
        [, item.end] = times(store, run.rows[run.rows.length - 1]);
        found.push(item);
      } else {
        found.push(makeItem(store, { key: store.id[row], kind: "span", row, parent,
          box: store.hasChildren(row), name: nameOf(store, row) }));
      }
    }
    return found;
  }

  function restOf(store, left, parent) {
    const rows = left.flatMap((item) => (item.rows ? [...item.rows] : [item.row]));
    return makeItem(store, {
      key: `${parent ? parent.key : ""}~rest`, kind: "rest", row: rows[0], rows, parent,
      name: `${at.format.count(rows.length)} more`,
      spans: rows.reduce((sum, row) => sum + countBelow(store, row), 0),
    });
  }

  // As many as there is room for, and one for the rest.
  function shortened(store, parts, room, parent) {
    if (parts.length <= room) return parts;
    const shown = parts.slice(0, Math.max(0, room - 1));
    return [...shown, restOf(store, parts.slice(shown.length), parent)];
  }

  /**
   * The nodes of the Flow. Boxes that the user has not touched are open as long as there is room
   * for USUAL nodes, level by level; no more than MOST are drawn whatever was opened.
   * @param {{top: number, decided: Map<string, boolean>}} how ``top``: only what is below this
   *   row; ``decided`` keeps what was open by itself, so that a growing trace does not fold
   * @returns {{items: Item[], all: Item[], short: boolean}} ``short`` if USUAL cannot be met
   */
  function flow(store, how) {
    const first = partsOf(store, how.top >= 0 ? [how.top] : store.roots(), null);
    const top = shortened(store, first, USUAL, null);
    let short = top.length < first.length;
    const all = [];
    const queue = [...top];
    let drawn = top.length;

    function wants(item) {
      if (item.kind === "run") return store.isRunOpen(item.key);
      const own = store.filtering ? true : store.ownFold(item.row);
      return own === undefined ? how.decided.get(item.key) : own;
    }

    for (let next = 0; next < queue.length; next += 1) {
      const item = queue[next];
      all.push(item);
      const isBox = item.box && item.kind !== "rest";
      const wanted = isBox ? wants(item) : false;
      if (isBox && wanted !== false) {
        const below = item.kind === "run"
          ? Array.from(item.rows, (row) => makeItem(store, { key: store.id[row], kind: "span", row,
            parent: item, name: nameOf(store, row) }))
          : partsOf(store, store.children(item.row), item);
        const room = (wanted ? MOST : USUAL) - drawn;
        const isTop = item.parent === null;
        item.open = below.length > 0 && (below.length <= room || (room > 1 && (isTop || wanted)));
        if (wanted === undefined) how.decided.set(item.key, item.open);
        item.refused = !item.open && Boolean(wanted) && below.length > 0;
        if (item.open) {
          item.items = shortened(store, below, room, item);
          short ||= item.items.length < below.length && !wanted;
          drawn += item.items.length;
          for (const each of item.items) each.level = item.level + 1;
          queue.push(...item.items);
        }
      }
      if (item.kind === "rest") continue;
      if (item.kind === "run") item.spans = item.open ? 0 : item.rows.length;
      else if (item.open) item.spans = store.ghost[item.row] ? 0 : 1;
      else item.spans = countBelow(store, item.row);
    }
    return { items: top, all, short };
  }

  /** A picture's items depth first, as the Spans have them. */
  function inOrder(picture) {
    const found = [];
    const stack = [...picture.items].reverse();
    while (stack.length) {
      const item = stack.pop();
      found.push(item);
      for (let i = item.items.length - 1; i >= 0; i -= 1) stack.push(item.items[i]);
    }
    return found;
  }

  at.dag ??= {};
  Object.assign(at.dag, { inOrder, USUAL, MOST, flow, nameOf, makeItem, isIn, countBelow, restOf });
})();
