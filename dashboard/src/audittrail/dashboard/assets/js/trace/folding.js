/** Which rows of a trace are open, and so which are shown. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const RUN_FROM = 21;

  /** Down to which depth all is open at first, by the number of spans. */
  function defaultDepth(count) {
    if (count <= 100) return Infinity;
    if (count <= 1000) return 3;
    if (count <= 10000) return 2;
    return 1;
  }

  /**
   * The fold state: the default for the trace's size, and the user's own folds above it.
   *
   * More than 20 leaf siblings of one name are a *run*: one line that opens to all of them. In
   * what ``visible`` gives, a run is ``-(number + 2)``.
   */
  class Folding {
    constructor() {
      this.own = new Map(); // span id, or key of a run, to open (true) or closed
      this.depth = null; // what "fold all" and "unfold all" set; null is the default
      this.size = null; // spans when it was opened: a growing trace does not fold by itself
      this.runs = [];
      this._runOf = new Map();
      this._filtered = false;
      this._foundIn = null; // the tree that the runs are of
    }

    /** Names or statuses have changed. */
    forgetRuns() {
      this._foundIn = null;
    }

    isOpen(tree, row) {
      const own = this.own.get(tree.columns.id[row]);
      if (own !== undefined) return own;
      const limit = this.depth === null ? defaultDepth(this.size ?? tree.shown) : this.depth;
      return tree.depth(row) < limit;
    }

    /** Whether the user opened or closed a row, or all rows; undefined if it is as by default. */
    ownOf(tree, row) {
      const own = this.own.get(tree.columns.id[row]);
      if (own !== undefined || this.depth === null) return own;
      return tree.depth(row) < this.depth;
    }

    isRunOpen(key) {
      const own = this.own.get(key);
      return own === undefined ? this.depth === Infinity : own;
    }

    set(key, open) {
      this.own.set(key, open);
    }

    setAll(open) {
      this.own.clear();
      this.depth = open ? Infinity : 0;
    }

    /** For the address: the ids that the user opened (``+``) or closed (``-``). */
    toText() {
      const parts = [...this.own].map(([key, open]) => (open ? "+" : "-") + key);
      if (this.depth !== null) parts.unshift(this.depth ? "all" : "none");
      return parts.length > 200 ? "" : parts.join(",");
    }

    fromText(text) {
      this.own.clear();
      this.depth = null;
      for (const part of (text || "").split(",")) {
        if (part === "all") this.depth = Infinity;
        else if (part === "none") this.depth = 0;
        else if (part.length > 1) this.own.set(part.slice(1), part[0] === "+");
      }
    }

    /** Run ``number`` of what ``visible`` gave. */
    run(tree, number) {
      if (!this._filtered) this._findRuns(tree);
      return this.runs[number];
    }

    /** The run that a row is in, if there is one. */
    runOf(tree, row) {
      if (!this._filtered) this._findRuns(tree);
      const number = this._runOf.get(row);
      return number === undefined ? null : this.runs[number];
    }

    _findRuns(tree) {
      if (this._foundIn === tree) return;
      this._foundIn = tree;
      const { name, status, ghost, id } = tree.columns;
      this.runs = [];
      this._runOf = new Map();
      for (const parent of tree.order()) {
        const children = tree.children(parent);
        if (children.length < RUN_FROM) continue;
        const byName = new Map();
        for (const row of children) {
          if (tree.size(row) > 1 || ghost[row]) continue;
          if (!byName.has(name[row])) byName.set(name[row], []);
          byName.get(name[row]).push(row);
        }
        for (const [called, rows] of byName) {
          if (rows.length < RUN_FROM) continue;
          const number = this.runs.length;
          this.runs.push({
            number,
            key: `${id[parent]}~${encodeURIComponent(called)}`,
            parent,
            name: called,
            rows,
            failed: rows.filter((row) => status[row] === "error").length,
          });
          for (const row of rows) this._runOf.set(row, number);
        }
      }
    }

    /**
     * The rows to show, in order. ``kept`` (a Uint8Array by row) leaves out all others, and opens
     * what leads to those that are kept.
     */
    visible(tree, kept) {
      const out = [];
      this._filtered = Boolean(kept);
      if (kept) {
        this.runs = [];
        this._runOf = new Map();
        this._foundIn = null;
        for (const row of tree.order()) if (kept[row]) out.push(row);
        return Int32Array.from(out);
      }
      this._findRuns(tree);
      const order = tree.order();
      const told = new Set();
      let place = 0;
      while (place < order.length) {
        const row = order[place];
        const number = this._runOf.get(row);
        if (number !== undefined && !told.has(number)) {
          told.add(number);
          out.push(-(number + 2));
        }
        if (number === undefined || this.isRunOpen(this.runs[number].key)) out.push(row);
        place += this.isOpen(tree, row) ? 1 : tree.size(row);
      }
      return Int32Array.from(out);
    }

    /** Open whatever hides a row; true if something was closed. */
    reveal(tree, row) {
      let changed = false;
      for (const up of tree.ancestors(row)) {
        if (!this.isOpen(tree, up)) {
          this.set(tree.columns.id[up], true);
          changed = true;
        }
      }
      const run = this.runOf(tree, row);
      if (run && !this.isRunOpen(run.key)) {
        this.set(run.key, true);
        changed = true;
      }
      return changed;
    }
  }

  at.trace ??= {};
  at.trace.Folding = Folding;
})();
