/** The graph of a run as columns of nodes and links between them, forty nodes at most. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const MOST = 40;
  const FIRST = new Set(["prior", "system", "user", "document"]);
  const BALANCED = new Set(["cause", "prior", "overlap"]);
  // Below it a ribbon would be thinner than a line: it is drawn hollow, beside the balance.
  const LEAST_ZERO = 0.002;
  const isBalanced = ({ kind, value }) =>
    BALANCED.has(kind) || (kind === "zero" ? value >= LEAST_ZERO : kind !== "suppressor" && value > 0);
  const sum = (links) => links.reduce((all, link) => all + link.value, 0);

  /** How many columns each node stands before the target. */
  function distances(nodes, links, target) {
    const away = new Map(nodes.map((node) =>
      [node, node === target ? 0 : Math.max(1, Math.abs(node.depth - target.depth))]));
    // No ribbon runs backwards. A dashed line may: it can close a ring.
    const ribbons = links.filter(({ kind }) => kind !== "structural");
    for (let round = 0; round < nodes.length; round += 1) {
      let moved = false;
      for (const { from, to } of ribbons) {
        if (away.get(from) > away.get(to)) continue;
        away.set(from, away.get(to) + 1);
        moved = true;
      }
      if (!moved) break;
    }
    const most = Math.max(...away.values());
    for (const node of nodes) {
      if (FIRST.has(node.kind) && !ribbons.some((link) => link.to === node)) away.set(node, most);
    }
    return { away, most };
  }

  // What weighs least of each column becomes one node.
  function fewer(nodes, links, target, columnOf) {
    if (nodes.length <= MOST) return { nodes, links };
    const columns = new Set(nodes.map(columnOf)).size;
    const weight = (node) => Math.max(node.value, ...links.filter((link) => link.from === node || link.to === node)
      .map((link) => Math.max(link.value, Math.abs(link.phi ?? 0))));
    const weights = new Map(nodes.map((node) => [node, weight(node)]));
    const order = nodes.filter((node) => node !== target).sort((a, b) => weights.get(b) - weights.get(a));
    const rest = order.slice(MOST - columns - 1);
    const merged = new Map();
    for (const node of rest) {
      const column = columnOf(node);
      if (!merged.has(column)) {
        merged.set(column, { id: `other ${column}`, kind: "other", span: null, value: 0, text: "", depth: node.depth, members: [] });
      }
      const other = merged.get(column);
      other.members.push(node);
      other.value += node.value;
    }
    const into = new Map(rest.map((node) => [node, merged.get(columnOf(node))]));
    for (const other of merged.values()) other.label = `other (${at.format.count(other.members.length)})`;
    const made = new Map();
    const kept = [];
    for (const link of links) {
      const [from, to] = [into.get(link.from) || link.from, into.get(link.to) || link.to];
      if (from === link.from && to === link.to) {
        kept.push(link);
        continue;
      }
      if (from === to) continue;
      const key = `${from.id}\n${to.id}\n${link.kind}`;
      if (!made.has(key)) {
        made.set(key, { from, to, kind: link.kind, value: 0, phi: null, many: 0 });
        kept.push(made.get(key));
      }
      const one = made.get(key);
      one.value += link.value;
      one.many += 1;
      if (link.kind === "suppressor") one.phi = (one.phi ?? 0) + (link.phi ?? 0);
    }
    return { nodes: [...nodes.filter((node) => !into.has(node)), ...merged.values()], links: kept };
  }

  /**
   * @param {object} graph as the API tells it
   * @returns {{columns: object[][], links: object[], target: object, kinds: Set<string>}}
   *   a node's ``rank`` is 0 with a share, 1 without one, 2 if it works against the answer
   */
  function shape(graph) {
    const byId = new Map(graph.nodes.map((node) =>
      [node.id, { ...node, span: node.span_id, value: node.value || 0, depth: node.depth || 0, members: [] }]));
    const given = graph.links
      .map((link) => ({ ...link, value: link.value || 0, from: byId.get(link.source), to: byId.get(link.target) }))
      .filter(({ from, to }) => from && to && from !== to);
    const all = [...byId.values()];
    const target = all.find((node) => node.kind === "target") || all[all.length - 1];
    const { away, most } = distances(all, given, target);
    const columnOf = (node) => most - away.get(node);
    const { nodes, links } = fewer(all, given, target, columnOf);
    const columns = Array.from({ length: most + 1 }, () => []);
    for (const node of nodes) {
      node.links = links.filter((link) => link.from === node);
      const incoming = links.filter((link) => link.to === node);
      const balance = (list) => sum(list.filter(isBalanced));
      node.size = Math.max(balance(node.links), balance(incoming));
      const zero = node.links.length > 0 && node.links.every(({ kind }) => kind === "zero");
      node.rank = (node.size > 0 && !zero) || node === target ? 0
        : node.links.some((link) => link.kind === "suppressor") ? 2 : 1;
      columns[node.kind === "other" ? Number(node.id.slice(6)) : columnOf(node)].push(node);
    }
    return {
      columns: columns.filter((column) => column.length),
      links,
      target,
      kinds: new Set(links.map((link) => link.kind)),
    };
  }

  at.ablation ??= {};
  Object.assign(at.ablation, { shape, isBalanced });
})();
