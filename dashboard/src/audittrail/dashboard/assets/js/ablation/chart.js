/** The sources of an answer as ribbons: as wide as their shares, told apart without colour too. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const HOLLOW = 6;
  const LINE = 3;
  const LEAST = 4;
  // Two columns fit a telephone; each further one needs room for its labels.
  const FIRST_WIDTH = 340;
  const MORE_WIDTH = 190;
  const RIGHT = 0.4;

  /** Pixels of what is no part of the balance. */
  function outside(link, scale) {
    if (at.ablation.isBalanced(link)) return 0;
    if (link.kind === "suppressor") {
      const size = Math.abs(link.value) || Math.abs(link.phi || 0) * (link.to.value || 1);
      return Math.max(LEAST, size * scale);
    }
    return link.kind === "zero" ? HOLLOW : LINE;
  }

  /** Links over several columns in pieces, and columns with the places that those pass through. */
  function inPieces({ columns, links }) {
    const place = new Map(columns.flatMap((nodes, column) => nodes.map((node) => [node, column])));
    const made = columns.map((nodes) => [...nodes]);
    const pieces = [];
    for (const link of links) {
      const [first, last] = [place.get(link.from), place.get(link.to)];
      let from = link.from;
      const between = link.kind === "structural" ? 0 : Math.max(0, last - first - 1);
      for (let i = 1; i <= between; i += 1) {
        const size = at.ablation.isBalanced(link) ? link.value : 0;
        const to = { passes: true, size, rank: link.from.rank, links: [] };
        made[first + i].push(to);
        pieces.push({ from, to, value: link.value, link });
        from = to;
      }
      pieces.push({ from, to: link.to, value: link.value, link });
    }
    return { columns: made, pieces };
  }

  /** ``{layout, chains}``: a chain is ``[link, ribbons]``. */
  function arrange(shaped, width, settled) {
    const { columns, pieces } = inPieces(shaped);
    const layout = at.sankey.createLayout({
      columns, links: pieces, width, outside: (piece, scale) => outside(piece.link, scale),
    });
    const rank = (node) => node.rank;
    for (let column = columns.length - 1; column >= 0; column -= 1) {
      // While a run is under way nothing changes its place.
      layout.put(column, settled ? layout.nearest(columns[column], "from", "to", rank) : columns[column]);
    }
    const found = new Map(layout.ribbons().map((ribbon) => [ribbon.link, ribbon]));
    const chains = new Map(shaped.links.map((link) => [link, []]));
    for (const piece of pieces) chains.get(piece.link).push(found.get(piece));
    return { layout, chains: [...chains] };
  }

  function patterns() {
    const lines = (id, kind) =>
      at.svg("pattern", { id, width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
        at.svg("rect", { width: 7, height: 7, class: `at-causal-ground-${kind}` }),
        at.svg("rect", { width: 2.5, height: 7, class: `at-causal-line-${kind}` }));
    return at.svg("defs", {}, lines("at-causal-overlap", "overlap"), lines("at-causal-suppressor", "suppressor"));
  }

  function ribbonOf(layout, link, chain, causal) {
    const { type } = at.ablation.words.kind(link.from.kind);
    const isLine = !link.value && ["structural", "unmeasured"].includes(link.kind);
    const colour = link.kind === "cause" || (link.kind === "structural" && link.value) ? ` at-sankey-fill-${type}` : "";
    const shape = at.svg("path", {
      d: layout.path(chain, isLine),
      class: `at-causal-ribbon at-causal-${link.kind}${isLine ? " at-causal-thin" : ""}${causal ? colour : ""}`,
    });
    // A thin line is hard to point at.
    const reach = isLine || chain[0].thick < 8
      ? at.svg("path", { d: layout.path(chain, true), class: "at-causal-reach" }) : null;
    return at.svg("g", { data: { kind: link.kind } }, shape, reach);
  }

  const isZero = (node) => node.links.length > 0 && node.links.every(({ kind }) => kind === "zero");

  function figure(node, causal) {
    const { words } = at.ablation;
    if (node.kind === "target") return "";
    if (node.rank === 2) return words.number(node.links.reduce((sum, link) => sum + (link.phi || 0), 0));
    if (isZero(node)) return "";
    if (node.size > 0) return at.format.percent(causal ? node.value || node.size : node.size);
    return "";
  }

  function said(node, causal) {
    const { words } = at.ablation;
    if (node.kind === "target") return "what is explained";
    if (!causal) return `overlap ${at.format.percent(node.size)}`;
    const link = node.links.length === 1 ? node.links[0] : null;
    const numbers = link && typeof link.phi === "number"
      ? `, phi ${words.number(link.phi)}, interval ${words.interval(link)}` : "";
    if (node.rank === 2) return `works against the answer${numbers}`;
    if (isZero(node)) return `${words.ZERO}${numbers}`;
    if (node.size > 0) return `${at.format.percent(node.value || node.size)} of the answer${numbers}`;
    return node.links.some(({ kind }) => kind === "structural") ? "not measured" : "no influence further on";
  }

  function nodeOf(layout, node, place, how, room) {
    const { x, y, size, extra } = layout.places.get(node);
    const { NODE_WIDTH: width } = at.sankey;
    const { label: kind, type, letter } = at.ablation.words.kind(node.kind);
    const last = place === how.last;
    const middle = y + (size + extra) / 2;
    const number = figure(node, how.causal);
    const text = `${at.sankey.cut(node.label, room - number.length - 1)}${number ? ` ${number}` : ""}`;
    const markX = last ? x - 18 : x + width + 4;
    const isLink = how.row(node) >= 0;
    return at.svg("g", {
      class: `at-causal-node at-causal-rank-${node.rank}${isZero(node) ? " at-causal-none" : ""}`,
      role: isLink ? "button" : "img",
      tabindex: "0",
      data: { key: node.id },
      aria: { label: `${kind}: ${node.label}, ${said(node, how.causal)}`, pressed: isLink ? false : null },
    },
    size ? at.svg("rect", { x, y, width, height: size, class: `at-sankey-fill-${type}` }) : null,
    extra ? at.svg("rect", { x: x + 0.5, y: y + size, width: width - 1, height: extra, class: "at-causal-extra" }) : null,
    at.svg("g", { transform: `translate(${markX} ${middle - 7})` },
      at.svg("rect", { width: 14, height: 14, rx: 2, class: `at-sankey-fill-${type}` }),
      at.svg("path", { d: letter, transform: "scale(0.875)", class: "at-sankey-letter" })),
    at.svg("text", {
      x: last ? x - 22 : x + width + 22, y: middle + 4, "text-anchor": last ? "end" : "start", text,
    }));
  }

  /**
   * @param {object} shaped of ``at.ablation.shape``
   * @param {{width: number, causal: boolean, settled: boolean, label: string,
   *   row: function(object): number, pick: function(object), hover: function(number),
   *   card: {show: function, hide: function}}} how ``row`` is a node's span, -1 for none
   */
  function drawChart(shaped, how) {
    const { columns } = shaped;
    const width = Math.max(FIRST_WIDTH + Math.max(0, columns.length - 2) * MORE_WIDTH, how.width);
    const { layout, chains } = arrange(shaped, width, how.settled);
    const last = columns.length - 1;
    const step = last ? width / last : width;
    const room = (place) => {
      const part = place === last ? RIGHT : place === last - 1 ? 1 - RIGHT : 1;
      return Math.max(6, Math.floor((part * step - 40) / at.sankey.LETTER_PX));
    };
    const made = { ...how, last };
    const ribbons = chains.map(([link, chain]) => {
      const drawn = ribbonOf(layout, link, chain, how.causal);
      drawn.addEventListener("pointermove", (event) =>
        how.card.show(link, how.causal, event.clientX, event.clientY));
      drawn.addEventListener("pointerenter", () => how.hover(how.row(link.from)));
      drawn.addEventListener("pointerleave", () => (how.card.hide(), how.hover(-1)));
      drawn.addEventListener("click", () => how.pick(link.from));
      return drawn;
    });
    const nodes = columns.flatMap((column, place) => column.map((node) => {
      const drawn = nodeOf(layout, node, place, made, room(place));
      const show = (x, y) => how.card.show(node, how.causal, x, y);
      drawn.addEventListener("pointerenter", (event) => (show(event.clientX, event.clientY), how.hover(how.row(node))));
      drawn.addEventListener("pointerleave", () => (how.card.hide(), how.hover(-1)));
      drawn.addEventListener("focus", () => {
        const box = drawn.getBoundingClientRect();
        show(box.left, box.bottom);
      });
      drawn.addEventListener("blur", how.card.hide);
      drawn.addEventListener("click", () => how.pick(node));
      drawn.addEventListener("keydown", (event) => {
        if (event.key === "Escape") how.card.hide();
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        event.stopPropagation();
        how.pick(node);
      });
      return drawn;
    }));
    const heads = last
      ? [[last > 1 ? "Where it begins" : "Sources", 0, "start"], ["What is explained", width, "end"]] : [];
    return at.svg("svg", {
      class: "at-sankey-chart at-causal-chart",
      width,
      height: layout.height,
      viewBox: `0 0 ${width} ${layout.height}`,
      role: "group",
      aria: { label: how.label },
    },
    patterns(),
    heads.map(([text, x, anchor]) =>
      at.svg("text", { class: "at-sankey-head", x, y: 12, "text-anchor": anchor, text })),
    ribbons, nodes);
  }

  function swatch(kind) {
    const ribbon = kind === "structural" || kind === "unmeasured"
      ? at.svg("path", { d: "M1 7H33", class: `at-causal-ribbon at-causal-thin at-causal-${kind}` })
      : at.svg("rect", { x: 1, y: 3, width: 32, height: 8,
          class: `at-causal-ribbon at-causal-${kind}${kind === "cause" ? " at-sankey-fill-tool" : ""}` });
    return at.svg("svg", { width: 34, height: 14, aria: { hidden: "true" } }, ribbon);
  }

  /** What the ribbons that are there mean. */
  const legend = (shaped) =>
    at.el("ul", { class: "at-causal-legend" }, Object.entries(at.ablation.words.LINKS)
      .filter(([kind]) => shaped.kinds.has(kind))
      .map(([kind, text]) => at.el("li", {}, swatch(kind), at.el("span", { text }))));

  at.ablation ??= {};
  Object.assign(at.ablation, { drawChart, legend });
})();
