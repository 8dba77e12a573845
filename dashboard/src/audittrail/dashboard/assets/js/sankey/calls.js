/** The model calls of a trace, what came into each and what went out of it, as far as spans say. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const BESIDE = new Set(["tool", "retrieval", "agent"]);

  /** Calls that no other call contains: what one repeats of another is not counted twice. */
  function outermost(store) {
    const found = [];
    const within = new Uint8Array(store.count);
    const { parent: parents, type, ghost } = store;
    for (const row of store.order()) {
      const parent = parents[row];
      if (parent >= 0 && (within[parent] || type[parent] === "llm")) within[row] = 1;
      if (type[row] === "llm" && !ghost[row] && !within[row]) found.push(row);
    }
    return found;
  }

  /** The agent that a span works for, or the root it is below. */
  function scopes(store) {
    const scope = new Int32Array(store.count);
    const { parent: parents, type } = store;
    for (const row of store.order()) {
      const parent = parents[row];
      if (parent < 0) scope[row] = row;
      else scope[row] = type[parent] === "agent" ? parent : scope[parent];
    }
    return scope;
  }

  function figures(store, row) {
    const own = store.tokensIn[row] !== null || store.tokensOut[row] !== null;
    const sums = own ? null : store.subtree(row);
    return {
      row,
      start: store.start[row],
      end: store.endOf(row),
      into: own ? store.tokensIn[row] : sums.tokensIn,
      out: own ? store.tokensOut[row] : sums.tokensOut,
      cost: store.cost[row] ?? (own ? null : sums.cost),
      before: null,
      after: null,
      sources: [],
      asked: [],
    };
  }

  // The last of ``calls`` (by start) that began by ``t``; -1 for none.
  function lastBy(calls, t) {
    let [low, high] = [0, calls.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (calls[middle].start <= t) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /**
   * @param {{from: string, to: string, kind: string}[]} edges which call asked for which tool, and
   *   which used its result; where they say nothing, what ran between two calls is taken.
   * @returns {{row, start, end, into, out, cost, before, after, sources, asked, scope,
   *   isFinal}[]} ``before`` and ``after`` are the neighbours in the same agent
   */
  function modelCalls(store, edges) {
    const scope = scopes(store);
    const byScope = new Map();
    const byRow = new Map();
    for (const row of outermost(store)) {
      if (Number.isNaN(store.start[row])) continue;
      const call = { ...figures(store, row), scope: scope[row], isFinal: false };
      byRow.set(row, call);
      if (!byScope.has(call.scope)) byScope.set(call.scope, []);
      byScope.get(call.scope).push(call);
    }
    for (const calls of byScope.values()) {
      calls.sort((a, b) => a.start - b.start || a.row - b.row);
      calls.forEach((call, place) => {
        const last = calls[place - 1];
        if (last) last.after = call;
        // One that still ran was not read.
        if (last && last.end <= call.start) call.before = last;
      });
    }
    const told = new Set();
    for (const edge of edges) {
      const [from, to] = [store.row(edge.from), store.row(edge.to)];
      if (edge.kind === "call" && byRow.has(from) && to >= 0) {
        byRow.get(from).asked.push(to);
        told.add(to);
      } else if (edge.kind === "result" && byRow.has(to) && from >= 0) {
        byRow.get(to).sources.push(from);
        told.add(from);
      }
    }
    const inner = new Uint8Array(store.count);
    const { parent: parents, type, ghost, start } = store;
    for (const row of store.order()) {
      const parent = parents[row];
      // A tool within a tool, or within a call, is that one's own matter.
      const above = parent >= 0 ? type[parent] : "agent";
      const beside = above !== "agent" && BESIDE.has(above);
      const same = parent >= 0 && scope[parent] === scope[row];
      inner[row] = same && (inner[parent] || beside || byRow.has(parent)) ? 1 : 0;
      if (inner[row] || told.has(row) || ghost[row] || scope[row] === row) continue;
      if (!BESIDE.has(type[row])) continue;
      const calls = byScope.get(scope[row]);
      if (!calls) continue;
      const place = lastBy(calls, start[row]);
      if (place >= 0) calls[place].asked.push(row);
      if (place + 1 < calls.length) calls[place + 1].sources.push(row);
    }
    markFinal(store, byRow);
    return [...byRow.values()].sort((a, b) => a.start - b.start);
  }

  // The last call of the outermost agent that has any, if it asked for nothing more.
  function markFinal(store, byRow) {
    let found = null;
    const last = (call) => !call.after && !call.asked.length;
    const better = (a, b) => {
      const [x, y] = [store.depth(a.scope), store.depth(b.scope)];
      return x < y || (x === y && a.start >= b.start);
    };
    for (const call of byRow.values()) {
      if (last(call) && (!found || better(call, found))) found = call;
    }
    if (found) found.isFinal = true;
  }

  at.sankey ??= {};
  at.sankey.modelCalls = modelCalls;
})();
