/** Tokens or cost from sources through model calls to answers, summed to few nodes. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const MOST_SINGLE = 12;
  // With the three "other" nodes, 40 at most.
  const MOST = [13, 13, 11];

  function names(store, rows) {
    const named = (row) => store.name[row] || at.typeLabel(store.type[row]);
    if (rows.length === 1) return named(rows[0]);
    const all = [...new Set(rows.map(named))].sort();
    const shown = all.slice(0, 3).join(", ");
    return all.length > 3 ? `${shown} and ${all.length - 3} more` : shown;
  }

  /**
   * What came into a call, in tokens: as much as the call before it read and wrote is taken for
   * the earlier conversation; what it read beyond that is put to what ran between the two.
   */
  function parts(store, call) {
    const { before, sources, into } = call;
    const type = sources.length ? store.type[sources[0]] : "step";
    const results = sources.length ? `Results of ${names(store, sources)}` : null;
    const grown = before && before.into !== null && into !== null && into >= before.into;
    if (!grown) {
      const label = results ? `Prompt, r${results.slice(1)}` : null;
      return [
        { label: label || "System prompt and user input", type, rows: sources, tokens: into },
      ];
    }
    const earlier = Math.min(into, before.into + (before.out || 0));
    return [
      { label: "Earlier conversation", type: "step", rows: [before.row], tokens: earlier },
      { label: results || "New input", type, rows: sources, tokens: into - earlier },
    ];
  }

  function outcome(store, call) {
    if (call.asked.length) {
      const rows = call.asked;
      return { label: `Calls of ${names(store, rows)}`, type: store.type[rows[0]], rows };
    }
    if (call.isFinal) return { label: "Final answer", type: "llm", rows: [call.row] };
    if (call.after) return { label: "Text for later calls", type: "llm", rows: [call.after.row] };
    const name = store.name[call.scope] || at.typeLabel(store.type[call.scope]);
    return { label: `Answer of ${name}`, type: store.type[call.scope], rows: [call.scope] };
  }

  function callLabel(store, call, many) {
    const name = store.model[call.row] || store.name[call.row] || "model call";
    const scope = store.type[call.scope] === "agent" ? store.name[call.scope] : null;
    return many ? (scope ? `${scope}: ${name}` : name) : store.name[call.row] || name;
  }

  /** ``columns`` of nodes and the ``links`` between them, nothing merged yet. */
  class Graph {
    constructor() {
      this.columns = [new Map(), new Map(), new Map()];
      this.links = [];
    }

    node(column, key, label, type, rows) {
      const nodes = this.columns[column];
      if (!nodes.has(key)) {
        const empty = { rows: new Set(), into: 0, out: 0, to: new Map() };
        nodes.set(key, { key, column, label, type, ...empty });
      }
      const found = nodes.get(key);
      for (const row of rows) found.rows.add(row);
      return found;
    }

    link(from, to, value, rows) {
      if (!(value > 0)) return;
      let found = from.to.get(to);
      if (!found) {
        found = { from, to, value: 0, rows: new Set() };
        from.to.set(to, found);
        this.links.push(found);
      }
      found.value += value;
      for (const row of rows) found.rows.add(row);
      from.out += value;
      to.into += value;
    }
  }

  const sizeOf = (node) => Math.max(node.into, node.out);

  // The smallest of each column become one "other (n)".
  function fewer(graph) {
    const merged = new Map();
    graph.columns.forEach((nodes, column) => {
      const used = [...nodes.values()].filter((node) => sizeOf(node) > 0);
      used.sort((a, b) => sizeOf(b) - sizeOf(a));
      const rest = used.slice(MOST[column]);
      if (rest.length < 2) return;
      for (const node of rest) merged.set(node, [column, rest.length]);
    });
    if (!merged.size) return graph;
    const small = new Graph();
    const into = (node) => {
      const [column, many] = merged.get(node) || [node.column, 0];
      return many
        ? small.node(column, "other", `other (${many})`, "step", node.rows)
        : small.node(column, node.key, node.label, node.type, node.rows);
    };
    for (const { from, to, value, rows } of graph.links) {
      small.link(into(from), into(to), value, rows);
    }
    return small;
  }

  /**
   * @param {"tokens"|"cost"} measure
   * @returns {{columns: object[][], links: object[], silent: number[], calls: number,
   *   total: number}} silent: model calls that reported nothing of this measure
   */
  function buildFlow(store, calls, measure) {
    const graph = new Graph();
    const silent = [];
    let total = 0;
    for (const call of calls) {
      const used = call.into !== null || call.out !== null;
      const told = measure === "cost" ? call.cost !== null : used;
      if (!told) {
        silent.push(call.row);
        continue;
      }
      total += measure === "cost" ? call.cost : (call.into || 0) + (call.out || 0);
      const many = calls.length > MOST_SINGLE;
      const label = callLabel(store, call, many);
      const middle = graph.node(1, many ? label : `${call.row}`, label, "llm", [call.row]);
      const sources = parts(store, call);
      const read = sources.reduce((sum, part) => sum + (part.tokens || 0), 0);
      sources.forEach((part, place) => {
        const from = graph.node(0, part.label, part.label, part.type, part.rows);
        const share = read ? (part.tokens || 0) / read : place === 0 ? 1 : 0;
        graph.link(from, middle, measure === "cost" ? call.cost * share : part.tokens, [call.row]);
      });
      const to = outcome(store, call);
      const end = graph.node(2, to.label, to.label, to.type, to.rows);
      graph.link(middle, end, measure === "cost" ? call.cost : call.out, [call.row]);
    }
    const small = fewer(graph);
    const { start } = store;
    const columns = small.columns.map((nodes) => [...nodes.values()].filter((n) => sizeOf(n) > 0));
    for (const nodes of columns) {
      for (const node of nodes) {
        node.rows = [...node.rows].sort((a, b) => start[a] - start[b]);
        node.start = node.rows.length ? start[node.rows[0]] : 0;
        node.size = sizeOf(node);
        const many = node.rows.length;
        node.title = node.column === 1 && many > 1 && node.key !== "other"
          ? `${node.label} x ${at.format.count(many)}` : node.label;
      }
    }
    return { columns, links: small.links, silent, calls: calls.length, total };
  }

  at.sankey ??= {};
  at.sankey.buildFlow = buildFlow;
})();
