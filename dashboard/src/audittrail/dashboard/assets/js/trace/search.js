/** What the find box found in one trace, and whether it filters. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  /**
   * @param {{columns, traceId: string, order: function(): Int32Array, found: function()}} of
   *   ``found`` is called when the server's answer has changed the hits.
   */
  class Search {
    constructor(of) {
      this.of = of;
      this.text = "";
      this.filtering = false;
      this.problem = null;
      this.hits = [];
      this.at = -1;
      this.kept = null; // hits and what leads to them, as a Uint8Array by row
      this._set = new Set();
      this._inContent = new Map(); // word, to the ids of spans with it in input or output
    }

    isHit(row) {
      return this._set.has(row);
    }

    leavesOut(row) {
      return Boolean(this.filtering && this.kept && row >= 0 && !this.kept[row]);
    }

    start(text) {
      this.text = text;
      this._inContent = new Map();
      const parsed = this.run();
      this._askServer(text, parsed.words);
    }

    /** Look again: for another text, or in rows that have changed. */
    run() {
      const { columns } = this.of;
      const parsed = at.trace.parseFind(this.text, columns);
      const before = this.hits[this.at];
      this.problem = parsed.problem;
      this.kept = parsed.tests.length ? new Uint8Array(columns.count) : null;
      this.hits = this.kept ? this._hits(parsed.tests) : [];
      this._set = new Set(this.hits);
      this.at = this.hits.indexOf(before);
      return parsed;
    }

    _hits(tests) {
      const { columns } = this.of;
      const hits = [];
      const holds = (row) =>
        tests.every(({ test, minus, word }) => {
          const found = test(row) || Boolean(this._inContent.get(word)?.has(columns.id[row]));
          return found !== minus;
        });
      for (const row of this.of.order()) {
        if (columns.ghost[row] || !holds(row)) continue;
        hits.push(row);
        for (let up = row; up >= 0 && !this.kept[up]; up = columns.parent[up]) this.kept[up] = 1;
      }
      return hits;
    }

    /** The next hit, or the last one before; -1 if there is none. */
    step(by) {
      const many = this.hits.length;
      if (!many) return -1;
      this.at = this.at < 0 && by < 0 ? many - 1 : (this.at + by + many) % many;
      return this.hits[this.at];
    }

    // Inputs and outputs are not in the browser.
    async _askServer(text, words) {
      if (!words.length) return;
      try {
        const path = `/traces/${encodeURIComponent(this.of.traceId)}/search`;
        const found = await at.api.get(path, { text: words.slice(0, 5) });
        if (text !== this.text) return;
        this._inContent = new Map(
          Object.entries(found.data).map(([word, ids]) => [word, new Set(ids)]),
        );
        this.run();
      } catch (error) {
        if (text !== this.text) return;
        this.problem = `Inputs and outputs were not searched: ${error.message}`;
      }
      this.of.found();
    }
  }

  at.trace ??= {};
  at.trace.Search = Search;
})();
