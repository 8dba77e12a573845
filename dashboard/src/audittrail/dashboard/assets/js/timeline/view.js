/** The Timeline: a canvas of bars over time, with the rows and folds of the Spans view. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const GUTTER = "audittrail.timeline.gutter";
  const USUAL = 340;
  const STACKED_BELOW = 440;
  // What costs n ms for all rows is done again after 10 n ms, not at each change.
  const REST_FACTOR = 10;
  const CALM_MS = 1000;

  class Timeline {
    constructor(root, store) {
      this.store = store;
      this.scale = new at.timeline.Scale();
      this.minimap = new at.timeline.Minimap(store, this.scale);
      this.density = new at.timeline.Density(store);
      this.gaps = { gaps: [], idle: 0, total: 0, offer: false };
      this.critical = null;
      this.compressed = false;
      this.isShown = false;
      this.words = at.timeline.createWords(this);
      Object.assign(this, at.timeline.createParts(this.words.bar));
      root.append(this.root);
      this.rows = new at.timeline.Rows(store, this.scroller, this.spacer);
      this.paint = at.perFrame(() => this._draw());
      this._gutter = Number(localStorage.getItem(GUTTER)) || USUAL;
      this._draft = null;
      this._byRow = null;
      this._newest = -1;
      this._stale = true;
      this._timer = 0;
      this._began = false;
      this._listen(root);
    }

    _listen(root) {
      const { store, canvas, head } = this;
      this.card = at.timeline.createCard(store);
      const { onWheel, onRows, onHead, onHandle } = at.timeline.pointing;
      onWheel(this, canvas);
      onWheel(this, head);
      onRows(this, canvas, this.card);
      onHead(this, head);
      onHandle(this, this.handle);
      this.scroller.addEventListener("scroll", () => {
        this.card.hide();
        if (!this.isShown) return;
        if (this.rows.movedByUser) this._byUser();
        this.rows.keep();
        this.paint();
      });
      this._sizes = new ResizeObserver(() => this.paint());
      this._sizes.observe(root);
      this._offs = [
        store.on("changed", ({ rows }) => this._changed(rows)),
        store.on("selected", ({ row, from }) => this._selected(row, from)),
        store.on("critical", () => this._again()),
        store.on("range", () => this._again()),
        store.on("summary", () => this._again()),
        store.on("follow", () => this._followed()),
        store.on("cursor", () => this._onCursor()),
        ...["hover", "folded", "find"].map((name) => store.on(name, () => this.paint())),
        at.theme.on(() => {
          at.timeline.forgetHatches();
          this.minimap.forget();
          this.paint();
        }),
      ];
    }

    // What is told by the store

    _changed(rows) {
      this.density.forget(rows);
      const { start } = this.store;
      for (const row of rows || this.store.order()) {
        if (this._newest < 0 || start[row] > start[this._newest]) this._newest = row;
      }
      this._again();
    }

    _selected(row, from) {
      this._byRow = null;
      if (row >= 0 && from !== "timeline") this._toReveal = row;
      this.paint();
    }

    // Arrow keys stand on a run of spans.
    _onCursor() {
      if (this.store.cursor && this.isShown) {
        this.rows.sync();
        this.rows.revealIndex(this.rows.ofRun(this.store.cursor));
      }
      this.paint();
    }

    _followed() {
      if (this.store.following && !this.scale.fitted) this.scale.reveal(this.scale.high);
      this.paint();
    }

    // What is computed of all rows: at once if that is cheap, else after a rest.
    _again() {
      this._stale = true;
      this.paint();
    }

    _compute() {
      if (!this._stale || this._timer) return;
      this._stale = false;
      const began = performance.now();
      const { store, scale } = this;
      const extent = store.extent();
      scale.setExtent(...extent);
      this.gaps = at.timeline.findGaps(store, extent);
      scale.setGaps(this.gaps.gaps, this.compressed);
      this.critical = store.criticalOn ? store.criticalPath() : null;
      this._byRow = null;
      this.minimap.forget();
      this.words.update();
      const failed = Array.from(store.roots()).reduce((n, r) => n + store.subtree(r).failed, 0);
      const drawn = store.count - (store.internalShown ? 0 : store.internalCount);
      this.canvas.setAttribute(
        "aria-label",
        `Timeline of ${at.format.plural(drawn, "span")} over ` +
          `${at.format.duration(extent[1] - extent[0])}, ${at.format.count(failed)} failed. ` +
          "The Spans tab has the same spans as a table.",
      );
      const rest = (performance.now() - began) * REST_FACTOR;
      this._timer = setTimeout(() => {
        this._timer = 0;
        if (this._stale) this.paint();
      }, Math.max(60, rest));
    }

    // Segments of the critical path by the row that shows them, which may be a closed parent.
    _criticalRows() {
      if (!this.critical) return null;
      if (!this._byRow) {
        this._byRow = new Map();
        for (const segment of this.critical.segments) {
          const index = this.rows.near(segment.within);
          if (index < 0) continue;
          const entry = this.rows.entries[index];
          if (!this._byRow.has(entry)) this._byRow.set(entry, []);
          this._byRow.get(entry).push(segment);
        }
      }
      return this._byRow;
    }

    // What a user does

    _byUser() {
      if (this.store.live) this.store.setFollowing(false);
    }

    zoom(factor, x = (this.left + this.right) / 2) {
      this._byUser();
      this.scale.zoom(factor, Math.max(this.left, x));
      this.paint();
    }

    pan(pixels) {
      this._byUser();
      this.scale.pan(pixels);
      this.paint();
    }

    show(from, to) {
      this._byUser();
      this.scale.show(from, to);
      this.paint();
    }

    fit() {
      this.scale.fit();
      this.paint();
    }

    fitRow(row) {
      const sums = this.store.subtree(row);
      const start = this.store.ghost[row] ? sums.start : this.store.start[row];
      const end = this.store.endOf(row);
      const to = Number.isNaN(end) ? sums.end : end;
      const room = (to - start) * 0.15 || 1;
      this.show(start - room / 3, to + room);
    }

    compress(on) {
      this.compressed = on;
      this.scale.setGaps(this.gaps.gaps, on);
      this.scale.fit();
      this.minimap.forget();
      this.words.update();
      this.paint();
    }

    draftRange(range) {
      this._draft = range;
      this.paint();
    }

    keepRange() {
      this.store.setRange(this._draft);
      this._draft = null;
    }

    setGutter(width) {
      const { NARROWEST, WIDEST } = at.timeline;
      this._gutter = Math.max(NARROWEST, Math.min(WIDEST, Math.round(width)));
      localStorage.setItem(GUTTER, String(this._gutter));
      this.paint();
    }

    revealRow(row) {
      this.rows.sync();
      this.rows.reveal(row);
      const { start, ghost } = this.store;
      const t = ghost[row] ? this.store.subtree(row).start : start[row];
      const [from, to] = this.scale.view();
      const end = this.store.endOf(row);
      const outside = t > to || (Number.isNaN(end) ? t : end) < from;
      if (!this.scale.fitted && outside) this.scale.reveal(t);
      this.paint();
    }

    entryAt(y) {
      return this.rows.entryAt(y);
    }

    /** Whether ``x`` is on the arrow that opens and closes a row. */
    isFold(entry, x) {
      const from = at.timeline.indentOf(this.store, entry);
      return (
        at.timeline.foldsAt(this.store, entry) &&
        x >= from - 4 &&
        x < from + at.timeline.FOLD_WIDTH + 4
      );
    }

    // Drawing

    _env(ctx) {
      const font = `12px ${at.theme.color("sans")}`;
      ctx.font = font;
      return {
        ctx,
        font,
        bold: `bold ${font}`,
        store: this.store,
        scale: this.scale,
        density: this.density,
        left: this.left,
        right: this.right,
        critical: this._criticalRows(),
        color: at.theme.color,
        hatch: at.timeline.hatch,
        measure: (text) => ctx.measureText(text).width,
      };
    }

    _measure() {
      const width = this.scroller.clientWidth;
      this.rows.stacked = width < STACKED_BELOW;
      const most = Math.max(200, width * 0.5);
      this.left = this.rows.stacked ? 0 : Math.min(this._gutter, most);
      this.right = width;
      this.handle.hidden = this.rows.stacked;
      this.handle.style.setProperty("left", `${this.left - 4}px`);
      this.handle.setAttribute("aria-valuenow", String(Math.round(this.left)));
      this.scale.left = this.left;
      this.scale.width = Math.max(1, width - this.left);
    }

    _draw() {
      if (!this.isShown || !this.scroller.clientWidth) return;
      const { store, scale, rows } = this;
      this._measure();
      this._compute();
      scale.setExtent(...store.extent());
      if (rows.sync()) this._byRow = null;
      // The screen stays as it is when data come, unless the reader follows.
      const resized = this._width !== scale.width;
      this._width = scale.width;
      if (scale.fitted && (resized || store.following)) scale.fit();
      else if (store.following && store.live) scale.reveal(scale.high);
      this._began = true;
      if (this._toReveal >= 0) {
        const row = this._toReveal;
        this._toReveal = -1;
        this.revealRow(row);
      } else if (store.following && store.live && this._newest >= 0) rows.reveal(this._newest);
      this._drawRows();
      const height = this.minimap.height + at.timeline.RULER_HEIGHT;
      const env = this._env(at.timeline.sized(this.head, this.right, height));
      this.minimap.draw(env);
      at.timeline.drawRuler(env, this.minimap.height, this._draft || store.range);
      this._next();
    }

    // Selected, or the run of spans that the arrow keys stand on.
    _isHere(entry) {
      const { store } = this;
      if (entry >= 0) return entry === store.selected && store.cursor === null;
      return store.run(-(entry + 2)).key === store.cursor;
    }

    _drawRows() {
      const { store, rows, right } = this;
      const height = this.scroller.clientHeight;
      const env = this._env(at.timeline.sized(this.canvas, right, height));
      const { ctx, color } = env;
      const inPlot = (run) => {
        ctx.save();
        ctx.beginPath();
        ctx.rect(this.left, 0, right - this.left, height);
        ctx.clip();
        run();
        ctx.restore();
      };
      const range = this._draft || store.range;
      rows.onScreen((entry, top) => {
        if (!this._isHere(entry)) return;
        ctx.fillStyle = color("selected");
        ctx.fillRect(0, top, right, rows.height);
      });
      inPlot(() => at.timeline.drawGround(env, height, range, this.gaps.gaps));
      const [nameAt, barAt] = rows.stacked ? [13, 31] : [12, 12];
      inPlot(() => rows.onScreen((entry, top) => at.timeline.drawBar(env, entry, top + barAt)));
      this.onScreen = rows.onScreen((entry, top) => {
        at.timeline.drawName(env, entry, top + nameAt, this.left || right);
        if (this._isHere(entry)) {
          ctx.fillStyle = color("accent");
          ctx.fillRect(0, top, 3, rows.height);
        }
        if (entry >= 0 && entry === store.hovered) {
          ctx.strokeStyle = color("edge");
          ctx.lineWidth = 1;
          ctx.strokeRect(0.5, top + 0.5, right - 1, rows.height - 1);
        }
      });
      this.gapLabels = at.timeline.drawGapLabels(env, height, this.gaps.gaps);
    }

    // While spans run they grow: each frame, or once a second if motion is not wanted.
    _next() {
      const { store } = this;
      clearTimeout(this._calm);
      if (!store.live || !Array.from(store.roots()).some((r) => store.subtree(r).running)) return;
      this._stale = true;
      if (at.theme.reducedMotion()) this._calm = setTimeout(this.paint, CALM_MS);
      else this.paint();
    }

    shown() {
      this.isShown = true;
      this._keys = at.timeline.addKeys(this);
      if (!this._began && this.store.selected >= 0) this._toReveal = this.store.selected;
      if (!this._began && this.store.count) this._changed(null);
      // What is not laid out has no scroll position: it is put back from the row kept.
      if (this._began) this.rows.restore();
      this.paint();
    }

    hidden() {
      this.isShown = false;
      this.card.hide();
      clearTimeout(this._calm);
      for (const remove of this._keys || []) remove();
      this._keys = [];
    }

    destroy() {
      this.hidden();
      clearTimeout(this._timer);
      this._sizes.disconnect();
      for (const off of this._offs) off();
    }
  }

  at.timeline ??= {};
  at.views.define("timeline", {
    build(root, store) {
      const view = new Timeline(root, store);
      // Where things are, for who has only a picture of them.
      at.timeline.current = view;
      return view;
    },
  });
})();
