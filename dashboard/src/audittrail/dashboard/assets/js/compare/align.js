/** Two traces as one tree: spans that stand at the same path of names are one line. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const FIGURES = ["status", "rawType", "model", "agent", "tokensIn", "tokensOut", "cost"];

  /** Which figures of a span differ: names of columns. Times differ always, and are not counted. */
  function differences(a, rowA, b, rowB) {
    return FIGURES.filter((name) => (a[name][rowA] ?? null) !== (b[name][rowB] ?? null));
  }

  // Children of both, paired by name and occurrence; what only B has stands where it is in B.
  function pair(a, b, childrenA, childrenB) {
    const waiting = new Map();
    for (const row of childrenB) {
      const name = b.name[row];
      if (!waiting.has(name)) waiting.set(name, []);
      waiting.get(name).push(row);
    }
    for (const rows of waiting.values()) rows.reverse();
    const partner = new Map();
    const pairs = [...childrenA].map((row) => {
      const found = waiting.get(a.name[row])?.pop() ?? -1;
      if (found >= 0) partner.set(found, row);
      return [row, found];
    });
    const after = new Map(); // row of A, or -1 for the start, to rows that only B has
    let last = -1;
    for (const row of childrenB) {
      if (partner.has(row)) last = partner.get(row);
      else after.set(last, [...(after.get(last) || []), row]);
    }
    const only = (row) => (after.get(row) || []).map((each) => [-1, each]);
    return [...only(-1), ...pairs.flatMap((each) => [each, ...only(each[0])])];
  }

  at.compare ??= {};
  /**
   * @returns {{a: number, b: number, depth: number, kind: "same"|"changed"|"a"|"b",
   *   differs: string[]}[]} depth first; rows of the stores, -1 where there is none
   */
  at.compare.align = (a, b) => {
    const out = [];
    const none = new Int32Array(0);
    const stack = pair(a, b, a.roots(), b.roots()).map(([x, y]) => [x, y, 0]).reverse();
    while (stack.length) {
      const [x, y, depth] = stack.pop();
      const differs = x >= 0 && y >= 0 ? differences(a, x, b, y) : [];
      const kind = x < 0 ? "b" : y < 0 ? "a" : differs.length ? "changed" : "same";
      out.push({ a: x, b: y, depth, kind, differs });
      const below = pair(a, b, x < 0 ? none : a.children(x), y < 0 ? none : b.children(y));
      for (let i = below.length - 1; i >= 0; i -= 1) stack.push([...below[i], depth + 1]);
    }
    return out;
  };
})();
