/** A flow drawn as nodes in three columns with ribbons between them. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  // Its labels would not fit: what is narrower scrolls.
  const LEAST_WIDTH = 720;
  // How much of half the width a column's labels may take; the last two share one half.
  const ROOMS = [1, 0.55, 0.45];
  const HEADS = ["Sources", "Model calls", "Outcome"];

  /** Nodes of the middle stand in time; the others where their ribbons are. */
  function arrange({ columns, links }, width) {
    const layout = at.sankey.createLayout({ columns, links, width });
    layout.put(1, [...columns[1]].sort((a, b) => a.start - b.start));
    layout.put(0, layout.nearest(columns[0], "from", "to"));
    layout.put(2, layout.nearest(columns[2], "to", "from"));
    return layout;
  }

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
    const drawn = arrange(flow, width);
    const { cut, NODE_WIDTH: NODE } = at.sankey;
    const rooms = ROOMS.map((part) =>
      Math.floor((part * (width / 2 - NODE) - 30) / at.sankey.LETTER_PX));
    const ribbons = drawn.ribbons().map((ribbon) =>
      at.svg(
        "path",
        {
          d: drawn.path([ribbon]),
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
      const [amount, broken] = said.split(/(?= ▲)/);
      const label = `${cut(node.title, rooms[node.column] - said.length - 1)} ${amount}`;
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
        at.svg(
          "text",
          { x: text, y: middle + 4, "text-anchor": last ? "end" : "start" },
          label,
          broken && at.svg("tspan", { class: "at-sankey-broken", text: broken }),
        ),
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
