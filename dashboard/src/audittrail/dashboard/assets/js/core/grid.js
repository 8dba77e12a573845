/** A list of lines of one height, of which only those on the screen are in the document. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const BEYOND = 8;

  /**
   * @param {{head: HTMLElement, label: string, role?: string, height?: number, make: function(string): {node: HTMLElement},
   *   fill: function(line, number, number), keyOf: function(number): (number|string),
   *   scrolled: function()}} how ``fill(line, value, place)``; ``scrolled`` is called when the
   *   reader scrolls.
   */
  class Grid {
    constructor(how) {
      this.how = how;
      this.values = new Int32Array(0);
      this.height = how.height || 28;
      this._lines = new Map(); // key to line
      this._free = [];
      this._made = 0;
      this._expected = 0;
      this.body = at.el("div", { class: "at-grid-body", role: "rowgroup" });
      this.node = at.el(
        "div",
        {
          class: "at-grid",
          role: how.role || "treegrid",
          tabindex: "0",
          aria: { label: how.label },
          on: { scroll: () => this._onScroll() },
        },
        at.el("div", { class: "at-grid-head", role: "rowgroup" }, how.head),
        this.body,
      );
      this.paint = at.perFrame(() => this.draw());
    }

    _onScroll() {
      if (Math.abs(this.node.scrollTop - this._expected) > 1) {
        this._expected = this.node.scrollTop;
        this.how.scrolled();
      }
      this.paint();
    }

    scrollTo(top) {
      const most = this.values.length * this.height - this._room();
      this._expected = Math.max(0, Math.min(top, Math.max(0, most)));
      this.node.scrollTop = this._expected;
      this._expected = this.node.scrollTop;
    }

    _room() {
      return this.node.clientHeight - this.how.head.offsetHeight;
    }

    setHeight(height) {
      if (height === this.height) return;
      const first = this.node.scrollTop / this.height;
      this.height = height;
      this._resize();
      this.scrollTo(first * height);
      this.draw();
    }

    _resize() {
      this.body.style.setProperty("height", `${this.values.length * this.height}px`);
      this.node.setAttribute("aria-rowcount", String(this.values.length + 1));
    }

    /** The values on the screen, from the first. */
    shown() {
      const first = Math.floor(this.node.scrollTop / this.height);
      return this.values.subarray(first, first + Math.ceil(this._room() / this.height) + 1);
    }

    /**
     * Show other values. The first line on the screen stays where it is; ``placeOf(value)`` says
     * where one of the old values, or what stands for it, is among the new ones (-1: nowhere).
     */
    set(values, placeOf) {
      const top = this.node.scrollTop;
      const first = Math.floor(top / this.height);
      const rest = top - first * this.height;
      let anchor = -1;
      let before = 0;
      if (top > 0) {
        for (let place = first; place < this.values.length && place < first + 200; place += 1) {
          anchor = placeOf(this.values[place]);
          before = place - first;
          if (anchor >= 0) break;
        }
      }
      this.values = values;
      this._resize();
      if (anchor >= 0) this.scrollTo(Math.max(0, anchor - before) * this.height + rest);
      this.draw();
    }

    /** Bring a line onto the screen; true if it was not there. */
    reveal(place, end = "nearest") {
      const room = this._room();
      const top = place * this.height;
      const { scrollTop } = this.node;
      if (top >= scrollTop && top + this.height <= scrollTop + room) return false;
      if (end === "last") this.scrollTo(top + this.height - room);
      else this.scrollTo(top - Math.max(0, room / 2 - this.height));
      this.paint();
      return true;
    }

    /** Bring a line just onto the screen, as arrow keys do. */
    nudge(place) {
      const room = this._room();
      const top = place * this.height;
      const { scrollTop } = this.node;
      if (top < scrollTop) this.scrollTo(top);
      else if (top + this.height > scrollTop + room) this.scrollTo(top + this.height - room);
      this.paint();
    }

    draw() {
      const room = this._room();
      if (room <= 0) return;
      const { scrollTop } = this.node;
      const from = Math.max(0, Math.floor(scrollTop / this.height) - BEYOND);
      const to = Math.min(this.values.length, Math.ceil((scrollTop + room) / this.height) + BEYOND);
      const wanted = new Map();
      for (let place = from; place < to; place += 1) {
        wanted.set(this.how.keyOf(this.values[place]), place);
      }
      for (const [key, line] of this._lines) {
        if (wanted.has(key)) continue;
        this._lines.delete(key);
        this._free.push(line);
      }
      for (const [key, place] of wanted) {
        let line = this._lines.get(key);
        if (!line) {
          line = this._free.pop();
          if (!line) {
            this._made += 1;
            line = this.how.make(`at-line-${this._made}`);
            this.body.append(line.node);
          }
          line.node.hidden = false;
          this._lines.set(key, line);
        }
        const value = this.values[place];
        line.node.style.setProperty("transform", `translateY(${place * this.height}px)`);
        line.node.dataset.value = String(value);
        line.node.setAttribute("aria-rowindex", String(place + 2));
        this.how.fill(line, value, place);
      }
      for (const line of this._free) line.node.hidden = true;
      if (this._free.length > 40) for (const line of this._free.splice(20)) line.node.remove();
    }

    /** The line of a value, if it is in the document. */
    line(value) {
      return this._lines.get(this.how.keyOf(value)) || null;
    }

    /** Which line the keyboard stands on, for screen readers. */
    setActive(value) {
      const line = value === null ? null : this.line(value);
      if (line) this.node.setAttribute("aria-activedescendant", line.node.id);
      else this.node.removeAttribute("aria-activedescendant");
    }
  }

  at.Grid = Grid;
})();
