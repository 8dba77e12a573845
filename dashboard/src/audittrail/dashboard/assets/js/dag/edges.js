/** The DAG's edges: order, calls, results, links, and the way the critical path takes. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const MANY = 2000;
  const JOIN_FROM = 6;

  /** Finds the node that shows a row: its own, or the one that it is folded into. */
  function finder(store, all) {
    const shown = new Map();
    for (const item of all) {
      if (item.rows && !item.open) for (const row of item.rows) shown.set(row, item);
      else if (item.rows && item.kind === "same") for (const row of item.rows) shown.set(row, item);
      else if (!item.rows) shown.set(item.row, item);
    }
    return (row) => {
      for (let up = row; up >= 0; up = store.parent[up]) {
        if (shown.has(up)) return shown.get(up);
      }
      return null;
    };
  }

  // Each of a rank to each of the next; many to many meet in one point.
  function between(from, to, edges) {
    if (from.length * to.length <= JOIN_FROM || from.length === 1 || to.length === 1) {
      for (const a of from) for (const b of to) edges.push(ordered(a, b));
      return;
    }
    const right = Math.max(...from.map((item) => item.x + item.w));
    const left = Math.min(...to.map((item) => item.x));
    if (right >= left) {
      edges.push(ordered(from[0], to[0]));
      return;
    }
    const y = from.reduce((sum, item) => sum + item.y + item.h / 2, 0) / from.length;
    const point = { key: null, x: (right + left) / 2, y, w: 0, h: 0 };
    for (const a of from) edges.push({ ...ordered(a, point), open: true });
    for (const b of to) edges.push(ordered(point, b));
  }

  const isAgent = (item) => item.type === "agent";
  const ordered = (from, to) => ({ from, to, kind: isAgent(to) ? "handoff" : "order" });

  function orderEdges(picture) {
    const edges = [];
    const lists = [picture.items, ...picture.all.filter((each) => each.open).map((e) => e.items)];
    for (const items of lists) {
      const ranks = at.dag.ranksOf(items.filter((item) => !item.aside), true);
      for (let i = 1; i < ranks.length; i += 1) between(ranks[i - 1], ranks[i], edges);
    }
    for (const item of picture.all) {
      if (item.aside && item.parent) edges.push({ from: item.parent, to: item, kind: "below" });
    }
    return edges;
  }

  function followEdges(picture) {
    const byKey = new Map(picture.all.map((item) => [item.key, item]));
    const edges = [];
    for (const { from, to, count } of picture.follows) {
      const [a, b] = [byKey.get(from), byKey.get(to)];
      if (a === b) a.loops = count;
      else edges.push({ from: a, to: b, kind: isAgent(b) ? "handoff" : "order", count });
    }
    return edges;
  }

  /** Calls, results and links between drawn nodes; of the same two, one edge with their number. */
  function causalEdges(store, found, of) {
    const merged = new Map();
    for (const { from, to, kind, inferred } of found) {
      const [a, b] = [of(store.row(from)), of(store.row(to))];
      if (!a || !b || a === b) continue;
      const key = `${kind} ${inferred} ${a.key} ${b.key}`;
      const edge = merged.get(key) || { from: a, to: b, kind, inferred, count: 0 };
      edge.count += 1;
      merged.set(key, edge);
    }
    return [...merged.values()];
  }

  function criticalEdges(store, of) {
    const seen = new Map();
    const items = new Set();
    let before = null;
    for (const segment of store.criticalPath().segments) {
      const item = of(segment.within);
      if (!item) continue;
      items.add(item.key);
      if (item.open) continue; // it only waited for what is in it
      if (before && before !== item) {
        seen.set(`${before.key} ${item.key}`, { from: before, to: item, kind: "critical" });
      }
      before = item;
    }
    return { edges: [...seen.values()], items };
  }

  /** All of a picture's edges; ``left`` is how many are not drawn. */
  function edgesOf(store, picture, found) {
    const of = finder(store, picture.all);
    const order = picture.follows ? followEdges(picture) : orderEdges(picture);
    const causal = causalEdges(store, found, of);
    const critical = store.criticalOn ? criticalEdges(store, of) : { edges: [], items: new Set() };
    const all = [...causal, ...order];
    return {
      all: [...all.slice(0, MANY), ...critical.edges],
      left: Math.max(0, all.length - MANY),
      critical: critical.items,
      of,
    };
  }

  const n = (value) => Math.round(value * 10) / 10;

  // A box is left and entered at its header, so that lines do not cross what is in it.
  const middle = (item) => item.y + (item.open ? at.dag.HEADER : item.h) / 2;

  /** The line of an edge as path data. */
  function lineOf({ from, to, kind }) {
    const shift = { call: -7, result: 7, link: 12 }[kind] || 0;
    const [x1, y1] = [from.x + from.w, middle(from) + shift];
    const [x2, y2] = [to.x, middle(to) + shift];
    if (kind === "below") {
      const [x, y] = [from.x + from.w / 2, from.y];
      return `M${n(x)} ${n(y)}L${n(x2)} ${n(y2)}`;
    }
    if (x2 >= x1) {
      const bend = Math.max(12, Math.min(80, (x2 - x1) / 2));
      const far = x2 - x1 > 300 && Math.abs(y2 - y1) < 20 && kind !== "order" ? -60 : 0;
      const [c1, c2] = [`${n(x1 + bend)} ${n(y1 + far)}`, `${n(x2 - bend)} ${n(y2 + far)}`];
      return `M${n(x1)} ${n(y1)}C${c1} ${c2} ${n(x2)} ${n(y2)}`;
    }
    // Back to the left: between the lines, or under both if they stand in one line.
    const below = to.y > from.y + from.h;
    const way = below ? to.y - 14 + shift / 2 : Math.max(from.y + from.h, to.y + to.h) + 14 + shift;
    return `M${n(x1)} ${n(y1)}h12V${n(way)}H${n(x2 - 14)}V${n(y2)}H${n(x2)}`;
  }

  at.dag ??= {};
  Object.assign(at.dag, { edgesOf, lineOf });
})();
