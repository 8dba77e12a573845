/** One trace, shared by all views: its rows, and what is selected, folded, found. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  /**
   * @param {string} traceId
   * @returns the store: every column of ``Columns`` as a property, and what is below. Events:
   *   changed {rows: Int32Array|null, structure}, summary, state, progress {done, of}, selected
   *   {row, from}, hover, cursor, folded, find, range, follow, critical, ablation, tick.
   */
  function createStore(traceId) {
    const columns = new at.trace.Columns();
    const folding = new at.trace.Folding();
    const events = at.emitter();
    let tree = new at.trace.Tree(columns);
    let shown = null;
    let clockAhead = 0;
    let receivedAt = NaN;
    let partly = null; // in the midst of an answer: whether its rows so far changed the structure
    const search = new at.trace.Search({
      columns,
      traceId,
      order: () => tree.order(),
      found() {
        if (search.filtering) refold();
        events.emit("find");
      },
    });

    const store = {
      traceId,
      columns,
      summary: null,
      state: "loading",
      error: null,
      total: 0,
      selected: -1,
      hovered: -1,
      range: null,
      idleMs: 15 * 60000,
      cursor: null, // the key of the run that arrow keys stand on, if they stand on one
      following: false,
      criticalOn: false,
      on: events.on,

      // Structure
      get count() {
        return columns.count;
      },
      get baseMs() {
        return columns.baseMs;
      },
      get seq() {
        return columns.seq;
      },
      get tree() {
        return tree;
      },
      row: (id) => columns.row(id),
      children: (row) => tree.children(row),
      roots: () => tree.roots(),
      depth: (row) => tree.depth(row),
      order: () => tree.order(),
      place: (row) => tree.place(row),
      ancestors: (row) => tree.ancestors(row),
      subtree: (row) => tree.subtree(row),
      /** Its place among its siblings, from 1, and how many they are. */
      siblings: (row) => tree.siblings(row),
      /** The span that started last; -1 if there is none. */
      newest: () => tree.newest(),
      isBelow: (row, top) => tree.isBelow(row, top),
      /** Whether its own tokens, and its own cost, are part of sums: ``[bool, bool]``. */
      counts: (row) => tree.counts(row),

      // Time
      /** ms after ``baseMs`` by the server's clock. */
      now: () => Date.now() + clockAhead - columns.baseMs,
      setServerTime(ms) {
        clockAhead = ms - Date.now();
      },
      /** The end of a row, or now if it runs; NaN if it is not known. */
      endOf(row) {
        if (!Number.isNaN(columns.end[row])) return columns.end[row];
        return columns.running[row] && store.live ? store.now() : NaN;
      },
      /** ``running``, ``incomplete``, ``error`` or ``complete``; by now, not as it was loaded. */
      get standing() {
        if (!store.summary) return null;
        const { status } = store.summary;
        return status === "running" && store.silentMs() >= store.idleMs ? "incomplete" : status;
      },
      /** How long nothing has been received. */
      silentMs() {
        return Math.max(0, Date.now() + clockAhead - receivedAt) || 0;
      },
      get live() {
        return store.standing === "running";
      },
      /** From the first start to the last end, or to now while the trace runs. */
      extent() {
        let low = Infinity;
        let high = -Infinity;
        for (const root of tree.roots()) {
          const sums = tree.subtree(root);
          low = Math.min(low, sums.start);
          high = Math.max(high, sums.end);
        }
        if (store.live) high = Math.max(high, store.now());
        return low <= high ? [low, high] : [0, 0];
      },

      // Folding
      isOpen: (row) => folding.isOpen(tree, row),
      /** What the user made of a row: open, closed, or undefined. */
      ownFold: (row) => folding.ownOf(tree, row),
      hasChildren: (row) => tree.children(row).length > 0,
      toggle: (row) => fold(columns.id[row], !folding.isOpen(tree, row)),
      open: (row) => fold(columns.id[row], true),
      close: (row) => fold(columns.id[row], false),
      run: (number) => folding.run(tree, number),
      runOf: (row) => folding.runOf(tree, row),
      isRunOpen: (key) => folding.isRunOpen(key),
      toggleRun: (key) => fold(key, !folding.isRunOpen(key)),
      foldAll: () => foldAll(false),
      unfoldAll: () => foldAll(true),
      /** What is shown, in order; a value below -1 is run ``-(value + 2)``. */
      visible() {
        if (!shown) shown = folding.visible(tree, search.filtering ? search.kept : null);
        return shown;
      },

      // Selection
      /**
       * @param {number} row -1 for none
       * @param {{from: string, push?: boolean}} how ``from`` names the view that selects: others
       *   scroll to the row, that one does not.
       */
      select(row, how) {
        if (row === store.selected && !how.again) return;
        if (row >= 0 && columns.isHidden(row)) store.showInternal(true);
        store.selected = row;
        store.cursor = null;
        if (how.from !== "url") store.setFollowing(false);
        const opened = row >= 0 && folding.reveal(tree, row);
        const before = at.url.get("span");
        const span = row >= 0 ? columns.id[row] : null;
        const push = how.push !== false && Boolean(span) && before !== span;
        at.url.set(opened ? { span, fold: folding.toText() } : { span }, { push });
        if (opened) {
          shown = null;
          events.emit("folded");
        }
        events.emit("selected", { row, from: how.from });
      },
      /** Let arrow keys stand on a run instead of a span. */
      setCursor(key) {
        store.cursor = key;
        events.emit("cursor");
      },
      hover(row) {
        if (row === store.hovered) return;
        store.hovered = row;
        events.emit("hover", { row });
      },
      /** Whether the filter leaves a row out. */
      isFiltered: (row) => search.leavesOut(row),
      isHit: (row) => search.isHit(row),

      // Spans of the framework's own working
      get internalCount() {
        return columns.internalCount;
      },
      get internalShown() {
        return !columns.hidesInternal;
      },
      showInternal(on) {
        if (columns.internalShown === on) return;
        columns.internalShown = on;
        at.url.set({ internal: on ? "1" : null });
        columns.lift();
        changed({ rows: null, structure: true }, false);
        if (store.selected >= 0 && columns.isHidden(store.selected)) store.select(-1, { from: "filter" });
        events.emit("folded");
      },

      // Finding
      get findText() {
        return search.text;
      },
      get filtering() {
        return search.filtering;
      },
      get hits() {
        return search.hits;
      },
      get hitAt() {
        return search.at;
      },
      get findProblem() {
        return search.problem;
      },
      find(text) {
        search.start(text);
        at.url.set({ q: text });
        if (search.filtering) {
          shown = null;
          events.emit("folded");
        }
        events.emit("find");
      },
      setFilterMode(on) {
        search.filtering = on;
        at.url.set({ mode: on ? "filter" : null });
        shown = null;
        events.emit("find");
        events.emit("folded");
      },
      nextHit(step) {
        const row = search.step(step);
        if (row < 0) return false;
        store.select(row, { from: "find", again: true });
        events.emit("find");
        return true;
      },
      nextFailed: (step) => next((row) => columns.status[row] === "error", step),
      nextViolation: (step) => next((row) => columns.violations[row] > 0, step),

      setRange(range) {
        store.range = range;
        at.url.set({
          from: range ? String(Math.round(range[0])) : null,
          to: range ? String(Math.round(range[1])) : null,
        });
        events.emit("range");
      },
      setFollowing(on) {
        if (store.following === on) return;
        store.following = on;
        events.emit("follow");
      },
      critical(on) {
        store.criticalOn = on;
        events.emit("critical");
      },
      criticalPath() {
        return at.trace.criticalPath(store);
      },

      // Data
      /** An answer of ``/skeleton``, or a part of its rows. */
      putSkeleton(data, low, high) {
        if (data.server_time_ms && !low) store.setServerTime(data.server_time_ms);
        if (data.idle_ms) store.idleMs = data.idle_ms;
        const put = columns.putSkeleton(data, low, high);
        store.setSummary(data.trace);
        changed(put, high !== undefined && high < data.columns.span_id.length);
      },
      putMessage(message) {
        if (message.server_time_ms) store.setServerTime(message.server_time_ms);
        const put = columns.putSpans(message.spans || [], message.seq ?? columns.seq);
        store.setSummary(message.trace);
        changed(put, false);
      },
      /** An older one than is known changes nothing. */
      setSummary(summary) {
        if (store.summary && summary.seq < store.summary.seq) return;
        store.summary = summary;
        store.total = summary.span_count;
        receivedAt = at.clock.parse(summary.last_received_at) ?? NaN;
        events.emit("summary");
      },
      setState(state, error = null) {
        if (state === "ready" && folding.size === null) folding.size = tree.shown;
        store.state = state;
        store.error = error;
        events.emit("state");
      },
      /** How far loading is, for traces that take a while. */
      setProgress(done, of) {
        events.emit("progress", { done, of });
      },
      /** The server says how far an ablation of this trace is. */
      tellAblation(message) {
        events.emit("ablation", message);
      },
      /** A second has gone by: what tells the time is to be drawn again. */
      tick() {
        events.emit("tick");
      },
      /** Take the selection, filter, range and folds from the address. */
      readUrl() {
        folding.fromText(at.url.get("fold"));
        const [from, to] = [at.url.get("from"), at.url.get("to")];
        store.range = from && to && Number(from) < Number(to) ? [Number(from), Number(to)] : null;
        search.filtering = at.url.get("mode") === "filter";
        search.start(at.url.get("q") || "");
        const row = columns.row(at.url.get("span") || "");
        if (at.url.get("internal") === "1" || (row >= 0 && columns.isHidden(row))) {
          store.showInternal(true);
        }
        store.selected = row;
        if (row >= 0) folding.reveal(tree, row);
        shown = null;
        events.emit("folded");
        events.emit("find");
        events.emit("range");
        events.emit("selected", { row, from: "url" });
      },
    };

    for (const name of at.trace.Columns.NAMES) {
      Object.defineProperty(store, name, { get: () => columns[name], enumerable: true });
    }

    function fold(key, open) {
      folding.set(key, open);
      refold();
    }

    function foldAll(open) {
      folding.setAll(open);
      refold();
    }

    function refold() {
      shown = null;
      at.url.set({ fold: folding.toText() });
      events.emit("folded");
    }

    function next(test, step) {
      const order = tree.order();
      const many = order.length;
      if (!many) return false;
      const here = store.selected >= 0 ? tree.place(store.selected) : step > 0 ? -1 : many;
      for (let i = 1; i <= many; i += 1) {
        const row = order[(((here + i * step) % many) + many) % many];
        if (!columns.ghost[row] && test(row)) {
          store.select(row, { from: "keys" });
          return true;
        }
      }
      return false;
    }

    // If more of the same answer follows, nothing is drawn yet.
    function changed(put, more) {
      const rows = partly === null ? put.rows : null;
      const structure = put.structure || Boolean(partly);
      partly = more ? structure : null;
      if (more) return;
      if (structure || tree.count !== columns.count) {
        tree = new at.trace.Tree(columns, tree);
        shown = null;
      } else {
        tree.forgetSums();
        folding.forgetRuns();
      }
      if (search.text) search.run();
      if (search.filtering) shown = null;
      events.emit("changed", { rows, structure });
    }

    return store;
  }

  at.trace ??= {};
  at.trace.createStore = createStore;
})();
