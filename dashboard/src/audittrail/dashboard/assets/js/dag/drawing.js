/** The DAG's nodes and edges as SVG. Only what is on the screen is in the document. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const LETTERS_FROM = 0.4; // below this scale there are shapes only
  const AROUND = 300;
  const NAME = 28;

  const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

  /** Duration, tokens, cost of what a node stands for. */
  function figures(store, item) {
    const { row } = item;
    const { format } = at;
    if (item.kind === "rest") return `${format.plural(item.spans, "span")} not drawn`;
    if (item.kind === "run" || (item.kind === "same" && item.rows.length > 1)) {
      const failed = item.failed ? `, ${format.count(item.failed)} failed` : "";
      return `${format.plural(item.spans, "span")}${failed}`;
    }
    const sums = item.open || !item.box ? null : store.subtree(row);
    if (store.ghost[row]) return `${format.plural(store.subtree(row).count, "span")} below`;
    const told = [format.duration(store.endOf(row) - store.start[row])];
    if (store.running[row]) told[0] = store.live ? `running ${told[0]}` : "never ended";
    const tokens = sums ? [sums.tokensIn, sums.tokensOut]
      : [store.tokensIn[row], store.tokensOut[row]];
    if (tokens[0] !== null || tokens[1] !== null) {
      told.push(`${format.tokens((tokens[0] || 0) + (tokens[1] || 0))} tok`);
    }
    const cost = sums ? sums.cost : store.cost[row];
    if (cost !== null) told.push(format.cost(cost));
    return told.join(" · ");
  }

  const many = (item) => item.rows && item.kind !== "rest" && item.rows.length > 1;
  // The number stays when the name is cut.
  function titleOf(item, most = Infinity) {
    const times = many(item) ? ` × ${at.format.count(item.rows.length)}` : "";
    return cut(item.name, most - times.length) + times;
  }

  /** What is to be seen of a node besides its name, in words: also what the marks stand for. */
  function marksOf(store, item) {
    const { row } = item;
    const rows = item.rows || [row];
    const has = (test) => Array.prototype.some.call(rows, test);
    const below = item.open || !item.box || item.rows ? null : store.subtree(row);
    return {
      error: has((each) => store.status[each] === "error"),
      failedBelow: below ? below.failed - (store.status[row] === "error" ? 1 : 0) : 0,
      violations: below ? below.violations
        : rows.reduce((sum, each) => sum + store.violations[each], 0),
      running: has((each) => store.running[each] && !store.ghost[each]),
      ghost: item.kind !== "rest" && store.ghost[row] !== 0,
    };
  }

  function classesOf(item, marks, critical) {
    return ["at-dag-node", `at-dag-${item.kind}`, item.open ? "at-dag-open" : null,
      item.box && !item.open ? "at-dag-closed" : null, marks.error ? "at-dag-error" : null,
      marks.running ? "at-dag-running" : null, marks.ghost ? "at-dag-ghost" : null,
      critical ? "at-dag-critical" : null].filter(Boolean).join(" ");
  }

  // Whether a box is drawn as one: what stood as a node before it had any below stays a node.
  const isFrame = (item) => item.open && item.h > at.dag.NODE_HEIGHT;

  function shapes(item, marks) {
    const { w, h } = item;
    const frame = isFrame(item);
    const corner = frame ? 8 : 5;
    return [
      item.box && !item.open
        ? at.svg("path", { class: "at-dag-behind", d: `M6 ${h + 4}h${w - 4}V6` }) : null,
      at.svg("rect", { class: "at-dag-shape", width: w, height: h, rx: corner }),
      marks.error && !frame
        ? at.svg("rect", { class: "at-dag-hatch", x: 1, y: 1, width: w - 2, height: h - 2, rx: 4 })
        : null,
      item.kind === "rest" || marks.ghost ? null
        : at.svg("rect", { class: `at-dag-stripe at-dag-fill-${item.type}`, y: frame ? 0 : 1,
          width: 5, height: frame ? at.dag.HEADER : h - 2, rx: 2 }),
    ];
  }

  function corner(item, marks) {
    const { w } = item;
    const found = [];
    if (marks.violations) {
      const text = at.format.count(marks.violations);
      found.push(at.svg("g", { class: "at-dag-violation", transform: `translate(${w - 16} -9)` },
        at.svg("path", { d: "M8 0l9 16h-18z" }),
        at.svg("text", { x: 8, y: 14, "text-anchor": "middle", text })));
    }
    if (marks.error || marks.failedBelow > 0) {
      const x = w - (marks.violations ? 40 : 18);
      found.push(at.svg("g", { class: "at-dag-failed", transform: `translate(${x} -8)` },
        at.svg("circle", { cx: 8, cy: 8, r: 8 }), at.svg("path", { d: "M8 3.5v5.5M8 12v.6" })));
    }
    return found;
  }

  // From afar a node is its shape in the colour of its type, with the marks of what is wrong.
  function farNode(item, marks) {
    const fill = item.open || marks.ghost ? "" : ` at-dag-fill-${item.type}`;
    const { w, h } = item;
    return [at.svg("rect", { class: `at-dag-shape${fill}`, width: w, height: h, rx: 5 }),
      marks.error || marks.failedBelow > 0
        ? at.svg("path", { class: "at-dag-failed-far", d: `M${w - 14} -10v36m0 12v8` }) : null,
      marks.violations
        ? at.svg("path", { class: "at-dag-violation-far", d: `M${w - 60} -22l26 46h-52z` }) : null];
  }

  function nearNode(store, item, marks, critical) {
    const { w, h } = item;
    const parts = shapes(item, marks);
    if (critical) {
      const y = isFrame(item) ? at.dag.HEADER - 2 : h - 3;
      parts.push(at.svg("rect", { class: "at-dag-way", y, width: w, height: 3 }));
    }
    const frame = isFrame(item);
    const y = frame ? 15 : 17;
    if (item.kind !== "rest" && !marks.ghost) {
      parts.push(at.svg("g", { transform: `translate(11 ${y - 8})` },
        at.svg("rect", { class: `at-dag-fill-${item.type}`, width: 16, height: 16, rx: 3 }),
        at.svg("path", { class: "at-dag-letter", d: at.typeLetter(item.type) })));
    }
    const x = item.kind === "rest" || marks.ghost ? 12 : 33;
    const most = frame ? Math.max(NAME, Math.floor((w - 230) / 7)) : NAME - (item.box ? 4 : 0);
    parts.push(at.svg("text", { class: "at-dag-name", x, y: y + 4, text: titleOf(item, most) }));
    const told = figures(store, item);
    parts.push(frame
      ? at.svg("text", { class: "at-dag-figures", x: w - 36, y: y + 4, "text-anchor": "end",
        text: w > 300 ? told : "" })
      : at.svg("text", { class: "at-dag-figures", x: 12, y: 39, text: cut(told, 34) }));
    if (item.loops || item.kind === "run") {
      const d = `M${w / 2 + 16} 0c10 -16 -42 -16 -32 0`;
      parts.push(at.svg("path", { class: "at-dag-loop", d }));
    }
    if (item.box) {
      parts.push(at.svg("g", { class: "at-dag-fold", transform: `translate(${w - 28} ${y - 12})`,
        data: { fold: "1" } },
      at.svg("rect", { width: 24, height: 24, rx: 4 }),
      at.svg("path", { d: item.open ? "M8 10l4 4 4-4" : "M10 8l4 4-4 4" })));
    }
    return [...parts, ...corner(item, marks)];
  }

  function node(store, item, marks, near, critical) {
    const parts = near ? nearNode(store, item, marks, critical) : farNode(item, marks);
    return at.svg("g", { class: classesOf(item, marks, critical),
      transform: `translate(${item.x} ${item.y})`,
      data: { key: item.key, spans: item.spans, kind: item.kind } }, parts);
  }

  /** The picture's marks by name, for the edges' ends and the hatch of what failed. */
  function definitions() {
    const end = (name, d) => at.svg("marker", { id: `at-dag-end-${name}`, viewBox: "0 0 10 10",
      refX: 9, refY: 5, markerWidth: 9, markerHeight: 9, markerUnits: "userSpaceOnUse",
      orient: "auto" }, at.svg("path", { class: `at-dag-end-${name}`, d }));
    return at.svg("defs", {},
      at.svg("pattern", { id: "at-dag-lines", width: 8, height: 8, patternUnits: "userSpaceOnUse",
        patternTransform: "rotate(45)" },
      at.svg("rect", { class: "at-dag-line", width: 1.6, height: 8 })),
      end("order", "M1 1l8 4-8 4"), end("handoff", "M1 1l8 4-8 4z"), end("call", "M1 1l8 4-8 4z"),
      end("result", "M5 1l4 4-4 4-4-4z"), end("link", "M1 1l8 4-8 4"),
      end("critical", "M1 1l8 4-8 4z"));
  }

  // How often an edge was gone, if more than once.
  const times = (list) => list.filter(({ count }) => count > 1).map(({ from, to, count }) =>
    at.svg("text", { class: "at-dag-times", x: (from.x + from.w + to.x) / 2,
      y: (from.y + to.y) / 2 + 18, "text-anchor": "middle", text: `×${at.format.count(count)}` }));

  class Drawing {
    constructor(store) {
      this.store = store;
      this.boxes = at.svg("g", {});
      this.lines = at.svg("g", {});
      this.nodes = at.svg("g", {});
      this.rings = at.svg("g", {});
      this.world = at.svg("g", {}, this.boxes, this.lines, this.nodes, this.rings);
      this.node = at.svg("svg", { class: "at-dag-picture", role: "img" },
        definitions(), this.world);
      this._drawn = new Map();
      this._edges = null;
    }

    /** Move and scale: ``{x, y, k}``. */
    look({ x, y, k }) {
      this.world.setAttribute("transform", `translate(${x} ${y}) scale(${k})`);
    }

    /**
     * Draw what is in ``seen`` (in the picture's measure) and around it; if nothing has changed
     * (``again``) only what has not been drawn yet.
     */
    draw(all, edges, seen, scale, again) {
      const near = scale >= LETTERS_FROM;
      const around = AROUND / scale;
      const { _region: had } = this;
      const known = had && had.near === near && seen.x >= had.x && seen.y >= had.y &&
        seen.x + seen.w <= had.x + had.w && seen.y + seen.h <= had.y + had.h;
      if (known && !again) return;
      this._region = { near, x: seen.x - around, y: seen.y - around, w: seen.w + around * 2,
        h: seen.h + around * 2 };
      const inside = ({ x, y, w, h }) => x < seen.x + seen.w + around && x + w > seen.x - around &&
        y < seen.y + seen.h + around && y + h > seen.y - around;
      const kept = new Set();
      for (const item of all) {
        if (!inside(item)) continue;
        kept.add(item.key);
        const marks = marksOf(this.store, item);
        const critical = edges.critical.has(item.key);
        const sign = [item.x, item.y, item.w, item.h, item.open, item.box, near, critical,
          item.loops,
          titleOf(item), item.spans, Object.values(marks), figures(this.store, item)].join("|");
        const before = this._drawn.get(item.key);
        if (before && before.sign === sign) continue;
        const made = node(this.store, item, marks, near, critical);
        const group = isFrame(item) ? this.boxes : this.nodes;
        if (before && before.made.parentNode === group) before.made.replaceWith(made);
        else {
          if (before) before.made.remove();
          this._insert(group, made, item);
        }
        this._drawn.set(item.key, { sign, made, level: item.level });
      }
      for (const [key, { made }] of this._drawn) {
        if (kept.has(key)) continue;
        made.remove();
        this._drawn.delete(key);
      }
      this._drawEdges(edges, near);
    }

    // Outer boxes before inner ones.
    _insert(group, made, item) {
      made.atLevel = item.level;
      let after = group.lastChild;
      while (after && after.atLevel > item.level) after = after.previousSibling;
      group.insertBefore(made, after ? after.nextSibling : group.firstChild);
    }

    // From afar edges of one kind are one line without ends, so that their number costs little.
    _drawEdges(edges, near) {
      if (edges === this._edges && near === this._edgesNear) return;
      this._edges = edges;
      this._edgesNear = near;
      this.lines.replaceChildren();
      const kinds = new Map();
      for (const edge of edges.all) {
        const key = `at-dag-edge-${edge.kind}${edge.inferred ? " at-dag-inferred" : ""}`;
        if (!kinds.has(key)) kinds.set(key, []);
        kinds.get(key).push(edge);
      }
      for (const [key, list] of kinds) {
        if (near) this.lines.append(...list.map((edge) => this._edge(edge, key)), ...times(list));
        else {
          const d = list.map((edge) => at.dag.lineOf(edge)).join("");
          this.lines.append(at.svg("path", { class: `at-dag-edge ${key}`, d }));
        }
      }
    }

    _edge(edge, kind) {
      const ended = edge.kind !== "below" && !edge.open;
      return at.svg("path", {
        class: `at-dag-edge ${kind}`,
        d: at.dag.lineOf(edge),
        "marker-end": ended ? `url(#at-dag-end-${edge.kind})` : null,
        data: { kind: edge.kind, from: edge.from.key, to: edge.to.key },
      });
    }

    /** Rings around nodes: ``[[item, class], ...]``. */
    ring(list) {
      const sign = list.map(([{ x, y, w, h }, name]) => [x, y, w, h, name].join()).join("|");
      if (sign === this._ringed) return;
      this._ringed = sign;
      this.rings.replaceChildren(...list.map(([{ x, y, w, h }, name]) =>
        at.svg("rect", { class: `at-dag-ring ${name}`, x: x - 4, y: y - 4, width: w + 8,
          height: h + 8, rx: 8 })));
    }

    /** A node's words for those who do not see it. */
    say(item) {
      const marks = marksOf(this.store, item);
      return [
        item.kind === "rest" || marks.ghost ? null : at.typeLabel(item.type),
        titleOf(item),
        figures(this.store, item),
        marks.error ? "failed" : null,
        marks.failedBelow > 0 ? `${at.format.count(marks.failedBelow)} failed below` : null,
        marks.violations ? at.format.plural(marks.violations, "violation") : null,
        item.box ? (item.open ? "open" : `closed, ${at.format.plural(item.spans, "span")}`) : null,
      ].filter(Boolean).join(", ");
    }
  }

  at.dag ??= {};
  Object.assign(at.dag, { Drawing, titleOf, figures, marksOf });
})();
