/** Which rows of the Timeline are on the screen, and where it is scrolled to. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const ROW = 24;
  const STACKED_ROW = 44;
  // Below the last row, so that the labels of gaps hide none.
  const FOOT = 28;

  /** The rows of the store as they are shown, in a scroller that keeps its first row in place. */
  class Rows {
    constructor(store, scroller, spacer) {
      this.store = store;
      this.scroller = scroller;
      this.spacer = spacer;
      this.entries = new Int32Array(0);
      this.stacked = false;
      this._index = null;
      this._anchor = null;
      this._told = -1;
      this._top = 0;
    }

    get height() {
      return this.stacked ? STACKED_ROW : ROW;
    }

    /** Take over what is shown now; the first row stays where it is. True if it had changed. */
    sync() {
      const shown = this.store.visible();
      const total = shown.length * this.height + FOOT;
      const changed = shown !== this.entries;
      if (changed) {
        this.entries = shown;
        this._index = null;
      }
      if (changed || this._told !== total) {
        this._told = total;
        this.spacer.style.setProperty("height", `${total}px`);
        const index = this._anchor ? this._anchorIndex() : -1;
        if (index >= 0) this._scrollTo(index * this.height + this._anchor.offset);
      }
      return changed;
    }

    /** Back to the row that was first on the screen. */
    restore() {
      this._told = -1;
      this.sync();
    }

    _anchorIndex() {
      const { row, key } = this._anchor;
      const run = key ? this.ofRun(key) : -1;
      return run >= 0 ? run : this.near(row);
    }

    /** Where the line of a run stands; -1 if it is not shown. */
    ofRun(key) {
      for (let i = 0; i < this.entries.length; i += 1) {
        const entry = this.entries[i];
        if (entry < -1 && this.store.run(-(entry + 2)).key === key) return i;
      }
      return -1;
    }

    /** Remember the first row on the screen. */
    keep() {
      const { scrollTop } = this.scroller;
      const index = Math.min(this.entries.length - 1, Math.floor(scrollTop / this.height));
      if (index < 0) return;
      const entry = this.entries[index];
      const run = entry < -1 ? this.store.run(-(entry + 2)) : null;
      this._anchor = {
        row: run ? run.rows[0] : entry,
        key: run ? run.key : null,
        offset: scrollTop - index * this.height,
      };
    }

    _scrollTo(top) {
      this.scroller.scrollTop = top;
      this._top = this.scroller.scrollTop;
    }

    /** Whether the scroller is somewhere else than where this put it. */
    get movedByUser() {
      const { scrollTop, scrollHeight, clientHeight } = this.scroller;
      // A scroller that grows taller at its end is scrolled back by that.
      const moved = Math.abs(scrollTop - Math.min(this._top, scrollHeight - clientHeight)) > 1;
      this._top = scrollTop;
      return moved;
    }

    /** Where a row stands, or what it is folded into; -1 if it is not shown. */
    near(row) {
      for (let up = row; up >= 0; up = this.store.parent[up]) {
        const found = this.indexOf(up);
        if (found >= 0) return found;
      }
      return -1;
    }

    indexOf(row) {
      if (!this._index) {
        this._index = new Int32Array(this.store.count).fill(-1);
        for (let i = 0; i < this.entries.length; i += 1) {
          const entry = this.entries[i];
          if (entry >= 0) this._index[entry] = i;
          else {
            const run = this.store.run(-(entry + 2));
            for (const each of run.rows) if (this._index[each] < 0) this._index[each] = i;
          }
        }
      }
      return row < this._index.length ? this._index[row] : -1;
    }

    /** Scroll no further than needed to have a row on the screen. */
    reveal(row) {
      this.revealIndex(this.near(row));
    }

    revealIndex(index) {
      if (index < 0) return;
      const { scrollTop, clientHeight } = this.scroller;
      const top = index * this.height;
      if (top < scrollTop) this._scrollTo(Math.max(0, top - 2 * this.height));
      else if (top + this.height > scrollTop + clientHeight - FOOT) {
        this._scrollTo(top + 3 * this.height - clientHeight + FOOT);
      }
      this.keep();
    }

    /** Run ``each(entry, top)`` for the rows on the screen. */
    onScreen(each) {
      const { scrollTop, clientHeight } = this.scroller;
      const first = Math.max(0, Math.floor(scrollTop / this.height));
      const below = Math.ceil((scrollTop + clientHeight) / this.height);
      const last = Math.min(this.entries.length, below);
      for (let i = first; i < last; i += 1) each(this.entries[i], i * this.height - scrollTop);
      return [first, last];
    }

    /** What is ``y`` pixels below the upper edge; null for nothing. */
    entryAt(y) {
      const index = Math.floor((this.scroller.scrollTop + y) / this.height);
      return index >= 0 && index < this.entries.length ? this.entries[index] : null;
    }
  }

  at.timeline ??= {};
  at.timeline.Rows = Rows;
})();
