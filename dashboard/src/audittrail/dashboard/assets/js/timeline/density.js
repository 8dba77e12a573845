/** What lies within a closed row: how many of its spans ran at each moment. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const BINS = 120;

  /** Bins over the time of many rows, kept until one of them changes. */
  class Density {
    constructor(store) {
      this.store = store;
      this._kept = new Map();
    }

    /** Forget what ``rows`` are part of; null for all. */
    forget(rows) {
      if (!rows) {
        this._kept.clear();
        return;
      }
      const { parent } = this.store;
      for (const row of rows) {
        for (let up = row; up >= 0; up = parent[up]) this._kept.delete(up);
      }
      for (const key of this._kept.keys()) if (typeof key === "string") this._kept.delete(key);
    }

    /** ``{start, end, bins: Float32Array of 0 to 1}`` of what lies below a row. */
    below(row) {
      const { tree } = this.store;
      return this._get(row, () => {
        const place = tree.place(row);
        return tree.order().subarray(place + 1, place + tree.size(row));
      });
    }

    /** The same of a run of siblings. */
    run(run) {
      return this._get(run.key, () => run.rows);
    }

    _get(key, rowsOf) {
      let found = this._kept.get(key);
      if (!found) {
        found = this._count(rowsOf());
        this._kept.set(key, found);
      }
      return found;
    }

    _count(rows) {
      const { store } = this;
      const { start: starts, ghost } = store;
      let [start, end] = [Infinity, -Infinity];
      const isWork = (row) => !ghost[row] && !store.hasChildren(row) && starts[row] <= Infinity;
      const endOf = (row) => {
        const known = store.endOf(row);
        return Number.isNaN(known) ? starts[row] : known;
      };
      for (const row of rows) {
        if (!isWork(row)) continue;
        start = Math.min(start, starts[row]);
        end = Math.max(end, endOf(row));
      }
      const counts = new Float32Array(BINS + 1);
      const per = (end - start) / BINS || 1;
      const bin = (t) => Math.max(0, Math.min(BINS - 1, Math.floor((t - start) / per)));
      for (const row of rows) {
        if (!isWork(row)) continue;
        counts[bin(starts[row])] += 1;
        counts[bin(endOf(row)) + 1] -= 1;
      }
      let most = 0;
      for (let i = 0; i < BINS; i += 1) {
        if (i) counts[i] += counts[i - 1];
        most = Math.max(most, counts[i]);
      }
      for (let i = 0; i < BINS; i += 1) counts[i] /= most || 1;
      return { start, end, bins: counts.subarray(0, BINS) };
    }
  }

  at.timeline ??= {};
  at.timeline.Density = Density;
})();
