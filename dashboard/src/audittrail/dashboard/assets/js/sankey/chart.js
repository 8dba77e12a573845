/** A flow drawn as nodes in three columns with ribbons between them. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const TALL = 300;
  const SLOT = 22;
  const GAP = 6;
  const THIN = 3;
  const NODE = 10;
  const LETTER_PX = 6.6;
  // Its labels would not fit: what is narrower scrolls.
  const LEAST_WIDTH = 720;
  // How much of half the width a column's labels may take; the last two share one half.
  const ROOMS = [1, 0.55, 0.45];
  const HEADS = ["Sources", "Model calls", "Outcome"];
  const TOP = 24;

  /** Places of nodes and ends of ribbons, for a chart ``width`` wide. */
  function layout({ columns, links }, width) {
    const largest = Math.max(...columns.map((nodes) => nodes.reduce((sum, n) => sum + n.size, 0)));
    const scale = TALL / (largest || 1);
    const high = (nodes) =>
      nodes.reduce((sum, n) => sum + Math.max(SLOT, n.size * scale) + GAP, -GAP);
    const height = Math.max(...columns.map(high), SLOT);
    const places = new Map();
    // Those of the middle stand in time; the others where their ribbons are.
    const middle = [...columns[1]].sort((a, b) => a.start - b.start);
    const put = (nodes, column) => {
      let y = TOP + (height - high(nodes)) / 2;
      for (const node of nodes) {
        const size = Math.max(THIN, node.size * scale);
        const slot = Math.max(SLOT, node.size * scale);
        const x = (column * (width - NODE)) / 2;
        places.set(node, { x, y: y + (slot - size) / 2, size, left: 0, right: 0 });
        y += slot + GAP;
      }
    };
    put(middle, 1);
    const weight = (node, end, other) => {
      let [sum, all] = [0, 0];
      for (const link of links) {
        if (link[end] !== node) continue;
        sum += places.get(link[other]).y * link.value;
        all += link.value;
      }
      return all ? sum / all : 0;
    };
    for (const [column, end, other] of [[0, "from", "to"], [2, "to", "from"]]) {
      const kept = new Map(columns[column].map((node) => [node, weight(node, end, other)]));
      put([...columns[column]].sort((a, b) => kept.get(a) - kept.get(b)), column);
    }
    const byEnds = (a, b) =>
      places.get(a.from).y - places.get(b.from).y || places.get(a.to).y - places.get(b.to).y;
    const ribbons = [...links].sort(byEnds).map((link) => {
      const [from, to] = [places.get(link.from), places.get(link.to)];
      const thick = Math.max(1, link.value * scale);
      const made = { link, thick, y0: from.y + from.right, y1: 0 };
      from.right += link.value * scale;
      return made;
    });
    const byTarget = (a, b) =>
      places.get(a.link.to).y - places.get(b.link.to).y ||
      places.get(a.link.from).y - places.get(b.link.from).y;
    for (const ribbon of [...ribbons].sort(byTarget)) {
      const to = places.get(ribbon.link.to);
      ribbon.y1 = to.y + to.left;
      to.left += ribbon.link.value * scale;
    }
    return { places, ribbons, height: height + TOP + GAP };
  }

  function path({ places }, { link, thick, y0, y1 }) {
    const [x0, x1] = [places.get(link.from).x + NODE, places.get(link.to).x];
    const bend = (x0 + x1) / 2;
    return (
      `M${x0} ${y0}C${bend} ${y0} ${bend} ${y1} ${x1} ${y1}` +
      `V${y1 + thick}C${bend} ${y1 + thick} ${bend} ${y0 + thick} ${x0} ${y0 + thick}Z`
    );
  }

  const cut = (text, most) =>
    text.length > most ? `${text.slice(0, Math.max(1, most - 1))}…` : text;

  /** The letter of its type on the node, so that colour is not alone. */
  function mark(type, x, y) {
    return at.svg(
      "g",
      { transform: `translate(${x} ${y})` },
      at.svg("rect", { width: 14, height: 14, rx: 2, class: `at-sankey-fill-${type}` }),
      at.svg("path", {
        d: at.typeLetter(type),
        transform: "scale(0.875)",
        class: "at-sankey-letter",
      }),
    );
  }

  /**
   * @param {{columns, links}} flow
   * @param {{width: number, words: function(number): string,
   *   said: function(object): string, pick: function(object),
   *   hover: function(number), isSelected: function(object): boolean}} how
   */
  at.sankey ??= {};
  at.sankey.drawChart = (flow, how) => {
    const { words } = how;
    const width = Math.max(LEAST_WIDTH, how.width);
    const drawn = layout(flow, width);
    const rooms = ROOMS.map((part) => Math.floor((part * (width / 2 - NODE) - 30) / LETTER_PX));
    const ribbons = drawn.ribbons.map((ribbon) =>
      at.svg(
        "path",
        {
          d: path(drawn, ribbon),
          class: `at-sankey-ribbon at-sankey-fill-${ribbon.link.from.type}`,
        },
        at.svg("title", {
          text: `${ribbon.link.from.title} to ${ribbon.link.to.title}: ${words(ribbon.link.value)}`,
        }),
      ),
    );
    const nodes = flow.columns.flat().map((node) => {
      const { x, y, size } = drawn.places.get(node);
      const last = node.column === 2;
      const said = how.said(node);
      const middle = y + size / 2;
      const label = `${cut(node.title, rooms[node.column] - said.length - 1)} ${said}`;
      const text = last ? x - 22 : x + NODE + 22;
      return at.svg(
        "g",
        {
          class: `at-sankey-node${how.isSelected(node) ? " at-sankey-selected" : ""}`,
          role: "button",
          tabindex: "0",
          data: { key: `${node.column} ${node.key}` },
          aria: {
            label: `${at.typeLabel(node.type)}: ${node.title}, ${said}`,
            pressed: how.isSelected(node),
          },
          on: {
            click: () => how.pick(node),
            pointerenter: () => how.hover(node.rows[0] ?? -1),
            pointerleave: () => how.hover(-1),
            keydown: (event) => {
              if (event.key !== "Enter" && event.key !== " ") return;
              event.preventDefault();
              event.stopPropagation();
              how.pick(node);
            },
          },
        },
        at.svg("title", { text: `${node.title}: ${said}` }),
        at.svg("rect", { x, y, width: NODE, height: size, class: `at-sankey-fill-${node.type}` }),
        mark(node.type, last ? x - 18 : x + NODE + 4, middle - 7),
        at.svg("text", {
          x: text,
          y: middle + 4,
          "text-anchor": last ? "end" : "start",
          text: label,
        }),
      );
    });
    const heads = HEADS.map((head, column) =>
      at.svg("text", {
        class: "at-sankey-head",
        x: (column * width) / 2,
        y: 12,
        "text-anchor": ["start", "middle", "end"][column],
        text: head,
      }),
    );
    return at.svg(
      "svg",
      {
        class: "at-sankey-chart",
        width,
        height: drawn.height,
        viewBox: `0 0 ${width} ${drawn.height}`,
        role: "group",
        aria: { label: "Token and cost flow (not causal). The table below says the same." },
      },
      heads,
      ribbons,
      nodes,
    );
  };
})();
