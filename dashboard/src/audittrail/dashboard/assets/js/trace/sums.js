/** Figures of whole subtrees, each span's usage counted once. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const USED = 1; // tokens
  const COST = 2; // tokens or a reported cost
  const COUNTED = ["count", "failed", "running", "violations", "unpriced"];
  const SUMMED = ["tokensIn", "tokensOut", "cost"];

  /**
   * Parents often repeat the usage of their children, so tokens of a span count only if no
   * descendant carries tokens; a cost counts with the tokens beside it, and a reported cost
   * without tokens only if no descendant carries either. It is the rule of the server's totals.
   */
  function counting(own, below) {
    if (!below) return own;
    const left = own & ~below;
    if (own & USED) return left & USED ? left | COST : left & ~COST;
    return left;
  }

  class Sums {
    constructor(tree) {
      const n = tree.count;
      for (const name of COUNTED) this[name] = new Int32Array(n);
      for (const name of SUMMED) this[name] = new Float64Array(n).fill(-1);
      this.start = new Float64Array(n).fill(Infinity);
      this.end = new Float64Array(n).fill(-Infinity);
      this._counts = new Uint8Array(n);
      this._below = new Uint8Array(n);
      const order = tree.order();
      for (let i = order.length - 1; i >= 0; i -= 1) this._add(tree.columns, order[i]);
    }

    // Children come before their parents.
    _add(c, row) {
      let own = 0;
      if (!c.ghost[row]) {
        if (c.tokensIn[row] || c.tokensOut[row]) own = USED | COST;
        else if (c.costSource[row] === "agent") own = COST;
        this._addOwn(c, row, counting(own, this._below[row]));
      }
      const parent = c.parent[row];
      if (parent < 0) return;
      this._below[parent] |= own | this._below[row];
      for (const name of COUNTED) this[name][parent] += this[name][row];
      for (const name of SUMMED) {
        if (this[name][row] >= 0) this[name][parent] = Math.max(0, this[name][parent]) + this[name][row];
      }
      this.start[parent] = Math.min(this.start[parent], this.start[row]);
      this.end[parent] = Math.max(this.end[parent], this.end[row]);
    }

    _addOwn(c, row, counts) {
      this._counts[row] = counts;
      this.count[row] += 1;
      if (c.status[row] === "error") this.failed[row] += 1;
      if (c.running[row]) this.running[row] += 1;
      this.violations[row] += c.violations[row];
      const { start, end } = this;
      if (c.start[row] < start[row]) start[row] = c.start[row];
      if (c.end[row] > end[row]) end[row] = c.end[row];
      if (c.start[row] > end[row]) end[row] = c.start[row];
      if (counts & USED) {
        this._sum("tokensIn", row, c.tokensIn[row]);
        this._sum("tokensOut", row, c.tokensOut[row]);
      }
      if (counts & COST && c.costSource[row]) {
        if (c.cost[row] === null) this.unpriced[row] += 1;
        else this._sum("cost", row, c.cost[row]);
      }
    }

    _sum(name, row, value) {
      if (value !== null) this[name][row] = Math.max(0, this[name][row]) + value;
    }

    of(row) {
      const sum = (name) => (this[name][row] < 0 ? null : this[name][row]);
      return {
        count: this.count[row],
        failed: this.failed[row],
        running: this.running[row],
        violations: this.violations[row],
        tokensIn: sum("tokensIn"),
        tokensOut: sum("tokensOut"),
        cost: sum("cost"),
        unpriced: this.unpriced[row],
        start: this.start[row],
        end: this.end[row],
      };
    }

    counts(row) {
      return [Boolean(this._counts[row] & USED), Boolean(this._counts[row] & COST)];
    }
  }

  at.trace ??= {};
  at.trace.Sums = Sums;
})();
