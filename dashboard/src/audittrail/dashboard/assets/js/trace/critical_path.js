/** The critical path: what the end of a trace had to wait for. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  /**
   * Walked backwards from the end: the child that finished last was waited for, then the one that
   * finished last before that child began, and so on, down into each. A child that ends after its
   * parent was not waited for, nor was anything below it.
   *
   * What no child explains is the span's own time. An agent or a step that has children does
   * nothing itself, so its own time is waiting, as is the time between two roots.
   *
   * @returns {{total: number, segments: {row: number, within: number, start: number,
   *   end: number}[], byType: Object<string, number>, waiting: number}} times in ms after the base;
   *   segments in order, one ends where the next begins; row -1 is waiting, ``within`` the span
   *   that waited.
   */
  function criticalPath(store) {
    const { columns, tree } = store;
    const now = store.live ? store.now() : NaN;
    const startOf = (row) => (columns.ghost[row] ? tree.subtree(row).start : columns.start[row]);
    const endOf = (row) => {
      if (!columns.ghost[row] && !Number.isNaN(columns.end[row])) return columns.end[row];
      if (!columns.ghost[row] && columns.running[row] && !Number.isNaN(now)) return now;
      return tree.subtree(row).end;
    };
    const segments = [];
    const byType = {};
    let waiting = 0;

    function put(row, start, end) {
      if (!(end > start)) return;
      const waits = row < 0 || at.trace.onlyWaits(store, row);
      segments.push({ row: waits ? -1 : row, within: row, start, end });
      if (waits) waiting += end - start;
      else byType[columns.type[row]] = (byType[columns.type[row]] || 0) + (end - start);
    }

    // Children that could have been waited for, the last finished first.
    function candidates(rows, start, end) {
      const found = [];
      for (const row of rows) {
        const [from, to] = [startOf(row), endOf(row)];
        if (from < to && to > start && to <= end) found.push({ row, from, to });
      }
      const byId = (a, b) => (columns.id[a.row] < columns.id[b.row] ? -1 : 1);
      return found.sort((a, b) => b.to - a.to || a.from - b.from || byId(a, b));
    }

    let [low, high] = [Infinity, -Infinity];
    for (const row of tree.roots()) {
      const [from, to] = [startOf(row), endOf(row)];
      if (!(from <= to)) continue;
      low = Math.min(low, from);
      high = Math.max(high, to);
    }
    if (!(low < high)) return { total: 0, segments, byType, waiting };
    const roots = candidates(tree.roots(), -Infinity, Infinity);
    // No recursion: a trace may be deeper than the stack of calls.
    const stack = [{ row: -1, start: low, at: high, rest: roots, next: 0 }];
    while (stack.length) {
      const top = stack[stack.length - 1];
      while (top.next < top.rest.length && top.rest[top.next].to > top.at) top.next += 1;
      const child = top.rest[top.next];
      if (!child || child.to <= top.start) {
        put(top.row, top.start, top.at);
        stack.pop();
        continue;
      }
      top.next += 1;
      put(top.row, child.to, top.at);
      const start = Math.max(child.from, top.start);
      top.at = start;
      const rest = candidates(tree.children(child.row), start, child.to);
      stack.push({ row: child.row, start, at: child.to, rest, next: 0 });
    }
    segments.reverse();
    return { total: high - low, segments, byType, waiting };
  }

  at.trace ??= {};
  at.trace.criticalPath = criticalPath;

  /** Whether a span does nothing but wait for those below it. */
  at.trace.onlyWaits = ({ columns, tree }, row) =>
    tree.children(row).length > 0 &&
    (columns.ghost[row] !== 0 || columns.type[row] === "agent" || columns.type[row] === "step");
})();
