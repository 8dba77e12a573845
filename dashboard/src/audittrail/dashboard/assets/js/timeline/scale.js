/** From times to places on the screen, and back. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const SHORTEST_MS = 0.001;
  // Kept free at the right of the whole trace, for the durations beside the bars.
  const ROOM_PX = 76;
  // How wide a compressed gap is, as a part of the time that is not idle.
  const GAP_PART = 0.06;
  const GAPS_PART = 0.5;

  /**
   * The part of a trace's time that is in view. Inside, time is ``u``: ms after the base as they
   * are, or with the idle gaps made short.
   */
  class Scale {
    constructor() {
      this.low = 0;
      this.high = 1;
      this.gaps = [];
      this.compressed = false;
      this.left = 0;
      this.width = 1;
      this.fitted = true;
      this._pieces = null;
      this._view = [0, 1];
    }

    /** First and last moment of the trace. What is in view stays as it is. */
    setExtent(low, high) {
      this._keeping(() => {
        this.low = low;
        this.high = high > low ? high : low + 1;
      });
    }

    /** Idle times, in order; ``compressed`` makes them short. */
    setGaps(gaps, compressed) {
      this._keeping(() => {
        this.gaps = gaps;
        this.compressed = compressed && gaps.length > 0;
      });
    }

    _keeping(change) {
      const before = this.view();
      change();
      this._pieces = this.compressed ? this._cut() : null;
      if (this.fitted) return;
      const after = before.map((t) => this.toU(t));
      if (after[1] - after[0] >= SHORTEST_MS) this._view = after;
    }

    _cut() {
      let idle = 0;
      for (const [a, b] of this.gaps) idle += b - a;
      const busy = Math.max(this.high - this.low - idle, (this.high - this.low) / 100);
      const short = busy * Math.min(GAP_PART, GAPS_PART / this.gaps.length);
      const pieces = [];
      let [t, u] = [this.low, this.low];
      for (const [a, b] of this.gaps) {
        pieces.push({ t, u, rate: 1 });
        u += a - t;
        const rate = Math.min(1, short / (b - a));
        pieces.push({ t: a, u, rate });
        u += (b - a) * rate;
        t = b;
      }
      pieces.push({ t, u, rate: 1 });
      return pieces;
    }

    _piece(key, value) {
      let found = this._pieces[0];
      for (const piece of this._pieces) {
        if (piece[key] > value) break;
        found = piece;
      }
      return found;
    }

    toU(t) {
      if (!this._pieces) return t;
      const piece = this._piece("t", t);
      return piece.u + (t - piece.t) * piece.rate;
    }

    toT(u) {
      if (!this._pieces) return u;
      const piece = this._piece("u", u);
      return piece.t + (u - piece.u) / piece.rate;
    }

    x(t) {
      const [u0, u1] = this._view;
      return this.left + ((this.toU(t) - u0) * this.width) / (u1 - u0);
    }

    t(x) {
      const [u0, u1] = this._view;
      return this.toT(u0 + ((x - this.left) * (u1 - u0)) / this.width);
    }

    /** ms in a pixel, where nothing is compressed. */
    get msPerPixel() {
      return (this._view[1] - this._view[0]) / this.width;
    }

    /** First and last moment in view. */
    view() {
      return this._view.map((u) => this.toT(u));
    }

    /** The same as parts of what is seen when all is: for the minimap, which then stands true. */
    part() {
      return this._view.map((u) => this.share(this.toT(u)));
    }

    share(t) {
      const [u0, u1] = this._full();
      return (this.toU(t) - u0) / (u1 - u0);
    }

    atShare(share) {
      const [u0, u1] = this._full();
      return this.toT(u0 + share * (u1 - u0));
    }

    _full() {
      const [u0, u1] = [this.toU(this.low), this.toU(this.high)];
      const room = Math.min(ROOM_PX, this.width / 4);
      return [u0, u0 + ((u1 - u0) * this.width) / (this.width - room)];
    }

    fit() {
      this.fitted = true;
      this._view = this._full();
    }

    /** Show what lies between two moments. */
    show(from, to) {
      const [u0, u1] = [this.toU(from), this.toU(to)];
      this._set(u0, Math.max(u1, u0 + SHORTEST_MS));
    }

    /** @param {number} factor below 1 shows less of the time, larger @param {number} x stays */
    zoom(factor, x) {
      const [u0, u1] = this._view;
      const share = (x - this.left) / this.width;
      const span = Math.max(SHORTEST_MS, (u1 - u0) * factor);
      const middle = u0 + share * (u1 - u0);
      this._set(middle - share * span, middle + (1 - share) * span);
    }

    pan(pixels) {
      const by = pixels * this.msPerPixel;
      this._set(this._view[0] + by, this._view[1] + by);
    }

    /** Move so that ``t`` is in view, not closer to an edge than a tenth. */
    reveal(t) {
      const [u0, u1] = this._view;
      const [u, edge] = [this.toU(t), (u1 - u0) / 10];
      if (u < u0 + edge) this._set(u - edge, u - edge + (u1 - u0));
      else if (u > u1 - edge) this._set(u + edge - (u1 - u0), u + edge);
    }

    _set(u0, u1) {
      const full = this._full();
      const span = u1 - u0;
      if (span >= full[1] - full[0]) {
        this.fit();
        return;
      }
      const first = Math.min(Math.max(u0, full[0] - span / 10), full[1] - span / 2);
      this.fitted = false;
      this._view = [first, first + span];
    }
  }

  at.timeline ??= {};
  at.timeline.Scale = Scale;
})();
