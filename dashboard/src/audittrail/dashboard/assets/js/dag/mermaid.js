/** The picture as text for Mermaid. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const ARROWS = { order: "-->", handoff: "==>", call: "-->|call|", result: "-->|result|",
    link: "-.->|link|", below: "-.->", critical: "==>|critical|" };

  // Quotes, brackets and line ends would be read as Mermaid's own.
  const plain = (text) =>
    text.replace(/[&"<>#;]/g, (sign) => `#${sign.charCodeAt(0)};`).replace(/\s+/g, " ");

  at.dag ??= {};
  at.dag.toMermaid = (picture, edges) => {
    const ids = new Map(picture.all.map((item, i) => [item.key, `n${i}`]));
    const lines = ["flowchart LR"];
    const put = (items, indent) => {
      for (const item of items) {
        const text = `"${plain(at.dag.titleOf(item))}"`;
        if (item.open) {
          lines.push(`${indent}subgraph ${ids.get(item.key)}[${text}]`);
          put(item.items, `${indent}  `);
          lines.push(`${indent}end`);
        } else lines.push(`${indent}${ids.get(item.key)}[${text}]`);
      }
    };
    put(picture.items, "  ");
    // Where many edges meet there is no node: a small circle stands there.
    const points = new Map();
    const idOf = (end) => {
      if (end.key !== null) return ids.get(end.key);
      if (!points.has(end)) {
        points.set(end, `p${points.size}`);
        lines.push(`  ${points.get(end)}(( ))`);
      }
      return points.get(end);
    };
    for (const { from, to, kind, inferred } of edges.all) {
      const [a, b] = [idOf(from), idOf(to)];
      const arrow = inferred ? `-.->|${kind}, inferred|` : ARROWS[kind];
      if (a && b) lines.push(`  ${a} ${arrow} ${b}`);
    }
    return `${lines.join("\n")}\n`;
  };
})();
