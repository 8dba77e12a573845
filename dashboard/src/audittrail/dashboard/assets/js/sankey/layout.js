/** Places of nodes in columns, and the ends of the ribbons between them. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const TALL = 300;
  const SLOT = 22;
  const GAP = 6;
  const THIN = 3;
  const NODE = 10;
  const TOP = 24;

  /**
   * What flows is drawn to one scale; what is outside the balance stands below it at both ends.
   *
   * @param {{columns: object[][], links: {from: object, to: object, value: number}[],
   *   width: number, outside?: function(object, number): number}} flow a node's ``size`` is in the
   *   unit of ``value``; ``outside(link, scale)`` is how many pixels a link takes that is no part
   *   of the balance, 0 for those that are.
   */
  function createLayout({ columns, links, width, outside = () => 0 }) {
    const largest = Math.max(...columns.map((nodes) => nodes.reduce((sum, n) => sum + n.size, 0)));
    const scale = TALL / (largest || 1);
    const below = new Map();
    for (const link of links) {
      const thick = outside(link, scale);
      if (!thick) continue;
      for (const end of ["from", "to"]) {
        const sums = below.get(link[end]) || { from: 0, to: 0 };
        sums[end] += thick;
        below.set(link[end], sums);
      }
    }
    const extra = (node) => {
      const sums = below.get(node);
      return sums ? Math.max(sums.from, sums.to) : 0;
    };
    const body = (node) =>
      node.size || !extra(node) ? Math.max(THIN, node.size * scale) : 0;
    // What only passes through a column needs no room for a label.
    const tall = (node) => Math.max(node.passes ? 0 : SLOT, body(node) + extra(node));
    const high = (nodes) => nodes.reduce((sum, node) => sum + tall(node) + GAP, -GAP);
    const height = Math.max(...columns.map(high), SLOT);
    const step = columns.length > 1 ? (width - NODE) / (columns.length - 1) : 0;
    const places = new Map();

    /** Stack ``nodes`` in a column, in their order. */
    function put(column, nodes) {
      let y = TOP + (height - high(nodes)) / 2;
      for (const node of nodes) {
        const size = body(node);
        const inner = size + extra(node);
        const top = y + (tall(node) - inner) / 2;
        places.set(node, { x: column * step, y: top, size, extra: extra(node), left: 0, right: 0 });
        y += tall(node) + GAP;
      }
    }

    /** Nodes by where those stand to which they are linked, which are placed already. */
    function nearest(nodes, end, other, group = () => 0) {
      const weight = (node) => {
        let [sum, all] = [0, 0];
        for (const link of links) {
          if (link[end] !== node || !places.has(link[other])) continue;
          const value = link.value || 1e-9;
          sum += places.get(link[other]).y * value;
          all += value;
        }
        return all ? sum / all : 0;
      };
      const kept = new Map(nodes.map((node) => [node, weight(node)]));
      return [...nodes].sort((a, b) => group(a) - group(b) || kept.get(a) - kept.get(b));
    }

    /** ``{link, thick, y0, y1}`` of every link, those of the balance first at each end. */
    function ribbons() {
      const rank = (link) => (outside(link, scale) ? 1 : 0);
      const y = (node) => places.get(node).y;
      const byEnds = (a, b) =>
        rank(a) - rank(b) || y(a.from) - y(b.from) || y(a.to) - y(b.to);
      const take = (place, side, link) => {
        const thick = outside(link, scale);
        if (thick) place[side] = Math.max(place[side], place.size);
        const start = place.y + place[side];
        place[side] += thick || link.value * scale;
        return start;
      };
      const made = [...links].sort(byEnds).map((link) => ({
        link,
        thick: outside(link, scale) || Math.max(1, link.value * scale),
        y0: take(places.get(link.from), "right", link),
        y1: 0,
      }));
      const byTarget = (a, b) =>
        rank(a.link) - rank(b.link) || y(a.link.to) - y(b.link.to) ||
        y(a.link.from) - y(b.link.from);
      for (const ribbon of [...made].sort(byTarget)) {
        ribbon.y1 = take(places.get(ribbon.link.to), "left", ribbon.link);
      }
      return made;
    }

    /** The outline of ribbons that go on from each other, or the ``line`` through their middle. */
    function path(chain, line = false) {
      const ends = chain.map(({ link, thick, y0, y1 }) => {
        const [x0, x1] = [places.get(link.from).x + NODE, places.get(link.to).x];
        return { x0, x1, bend: (x0 + x1) / 2, thick, y0, y1 };
      });
      const [first] = ends;
      if (line) {
        const middle = ends.map(({ thick, ...each }) => ({ ...each, a: each.y0 + thick / 2, b: each.y1 + thick / 2 }));
        const [{ x0, x1, a, b }] = middle;
        // Back, or to the same column: around.
        if (x1 <= x0) return `M${x0} ${a}C${x0 + 36} ${a} ${x0 + 36} ${b} ${x1 + NODE} ${b}`;
        return `M${x0} ${a}` + middle.map((each) =>
          `L${each.x0} ${each.a}C${each.bend} ${each.a} ${each.bend} ${each.b} ${each.x1} ${each.b}`).join("");
      }
      const there = ends.map(({ x0, x1, bend, y0, y1 }) =>
        `L${x0} ${y0}C${bend} ${y0} ${bend} ${y1} ${x1} ${y1}`);
      const back = [...ends].reverse().map(({ x0, x1, bend, y0, y1, thick }) =>
        `L${x1} ${y1 + thick}C${bend} ${y1 + thick} ${bend} ${y0 + thick} ${x0} ${y0 + thick}`);
      return `M${first.x0} ${first.y0}${there.join("")}${back.join("")}Z`;
    }

    return { places, scale, height: height + TOP + GAP, put, nearest, ribbons, path };
  }

  const cut = (text, most) =>
    text.length > most ? `${text.slice(0, Math.max(1, most - 1))}…` : text;

  at.sankey ??= {};
  Object.assign(at.sankey, { createLayout, cut, NODE_WIDTH: NODE, LETTER_PX: 6.6 });
})();
