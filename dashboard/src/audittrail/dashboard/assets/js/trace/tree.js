/** Parents and children of a trace's rows, and what lies below each. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  /** The structure of ``columns`` as it was when this was built. */
  class Tree {
    /** ``before`` is the tree of the same columns earlier, whose order is taken up. */
    constructor(columns, before = null) {
      const { count, parent, start, ghost, internal, hidesInternal } = columns;
      const isHidden = (row) => hidesInternal && internal[row];
      this.columns = columns;
      this.count = count;
      // A ghost stands where its first child starts.
      const at_ = Float64Array.from(start);
      const used = new Uint8Array(count);
      for (let row = 0; row < count; row += 1) {
        if (!ghost[row] && !isHidden(row)) {
          for (let up = parent[row]; up >= 0 && ghost[up]; up = parent[up]) {
            used[up] = 1;
            if (!(at_[up] <= at_[row])) at_[up] = at_[row];
          }
        }
      }
      for (let row = 0; row < count; row += 1) if (Number.isNaN(at_[row])) at_[row] = Infinity;
      this.startOf = at_;
      this._sorted = this._sort(before, (row) => (ghost[row] ? used[row] : !isHidden(row)));
      this.shown = this._sorted.length;

      // Children of a row lie together: _from[row] to _from[row + 1], in order.
      this._from = new Int32Array(count + 2);
      for (const row of this._sorted) this._from[parent[row] + 2] += 1;
      for (let place = 1; place < count + 2; place += 1) this._from[place] += this._from[place - 1];
      const next = this._from.slice();
      this._rows = new Int32Array(count);
      this._slot = new Int32Array(count);
      for (const row of this._sorted) {
        const slot = parent[row] + 1;
        this._rows[next[slot]] = row;
        this._slot[row] = next[slot];
        next[slot] += 1;
      }

      this._order = new Int32Array(this.shown);
      this._place = new Int32Array(count).fill(-1);
      this._depth = new Int32Array(count);
      this._sizes = new Int32Array(count).fill(1);
      this._walk();
      this._sums = null;
    }

    // By start then id. What stood in the earlier order and has not moved is not sorted again. A
    // ghost that no span names any more is left out.
    _sort(before, isShown) {
      const { id } = this.columns;
      const at_ = this.startOf;
      const after = (a, b) => (at_[a] === at_[b] ? (id[a] < id[b] ? -1 : 1) : at_[a] - at_[b]);
      const had = before ? before.count : 0;
      const moved = [];
      for (let row = 0; row < this.count; row += 1) {
        const stays = row < had && before.startOf[row] === at_[row] && before._place[row] >= 0;
        if (!stays && isShown(row)) moved.push(row);
      }
      moved.sort(after);
      if (!had) return Int32Array.from(moved);
      const sorted = [];
      let next = 0;
      for (const row of before._sorted) {
        if (before.startOf[row] !== at_[row] || !isShown(row)) continue;
        while (next < moved.length && after(moved[next], row) < 0) {
          sorted.push(moved[next]);
          next += 1;
        }
        sorted.push(row);
      }
      for (; next < moved.length; next += 1) sorted.push(moved[next]);
      return Int32Array.from(sorted);
    }

    _walk() {
      const stack = [...this.roots()].reverse();
      let place = 0;
      while (stack.length) {
        const row = stack.pop();
        this._order[place] = row;
        this._place[row] = place;
        place += 1;
        const children = this.children(row);
        for (let i = children.length - 1; i >= 0; i -= 1) {
          this._depth[children[i]] = this._depth[row] + 1;
          stack.push(children[i]);
        }
      }
      for (let i = place - 1; i >= 0; i -= 1) {
        const row = this._order[i];
        const parent = this.columns.parent[row];
        if (parent >= 0) this._sizes[parent] += this._sizes[row];
      }
    }

    /** Rows without a parent, by start then id. */
    roots() {
      return this._rows.subarray(this._from[0], this._from[1]);
    }

    /** The children of a row, by start then id. */
    children(row) {
      return this._rows.subarray(this._from[row + 1], this._from[row + 2]);
    }

    /** All rows, depth first. */
    order() {
      return this._order;
    }

    /** Where a row stands in ``order()``. */
    place(row) {
      return this._place[row];
    }

    depth(row) {
      return this._depth[row];
    }

    /** Its place among its siblings, from 1, and how many they are. */
    siblings(row) {
      const slot = this.columns.parent[row] + 1;
      return [this._slot[row] - this._from[slot] + 1, this._from[slot + 1] - this._from[slot]];
    }

    /** The span that started last; -1 if there is none. */
    newest() {
      for (let i = this._sorted.length - 1; i >= 0; i -= 1) {
        const row = this._sorted[i];
        if (!this.columns.ghost[row] && Number.isFinite(this.startOf[row])) return row;
      }
      return -1;
    }

    /** How many rows its subtree has, itself included. */
    size(row) {
      return this._sizes[row];
    }

    /** Its parents, the nearest first. */
    ancestors(row) {
      const found = [];
      for (let up = this.columns.parent[row]; up >= 0; up = this.columns.parent[up]) found.push(up);
      return found;
    }

    isBelow(row, top) {
      const place = this._place[row];
      return place >= this._place[top] && place < this._place[top] + this._sizes[top];
    }

    /** Values have changed, the structure has not. */
    forgetSums() {
      this._sums = null;
    }

    /**
     * Figures of a row and all below it: ``{count, failed, running, violations, tokensIn,
     * tokensOut, cost, unpriced, start, end}``; ghosts are not counted, sums are null if nothing
     * reported any.
     */
    subtree(row) {
      return this._summed().of(row);
    }

    /** Whether a row's own tokens, and its own cost, are part of the sums: ``[bool, bool]``. */
    counts(row) {
      return this._summed().counts(row);
    }

    _summed() {
      if (!this._sums) this._sums = new at.trace.Sums(this);
      return this._sums;
    }
  }

  at.trace ??= {};
  at.trace.Tree = Tree;
})();
