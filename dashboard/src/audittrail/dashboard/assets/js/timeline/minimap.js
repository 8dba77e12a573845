/** The whole trace in little: all rows, and lanes of tokens and cost. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const MAP = 60;
  // Kept free for the frame of the brush.
  const EDGE = 2;
  const LANE = 22;
  const ERROR = 7;
  const THICKEST = 4;

  function bytesOf(hex) {
    const value = parseInt(hex.slice(1, 7), 16);
    return [(value >> 16) & 255, (value >> 8) & 255, value & 255, 255];
  }

  /** All spans as a picture of ``width`` by ``height`` pixels, however many there are. */
  function picture(store, scale, width, height) {
    const canvas = at.el("canvas", { width, height });
    const order = store.order();
    const cells = new Uint8Array(width * height);
    const step = height / Math.max(1, order.length);
    const thick = Math.max(1, Math.min(THICKEST * (devicePixelRatio || 1), Math.floor(step) - 1));
    const codes = new Map(at.TYPES.map((type, place) => [type, place + 1]));
    const errors = [];
    for (let place = 0; place < order.length; place += 1) {
      const row = order[place];
      const start = store.start[row];
      if (store.ghost[row] || Number.isNaN(start)) continue;
      const end = store.endOf(row);
      const x0 = Math.max(0, Math.min(width - 1, Math.floor(scale.share(start) * width)));
      const to = Number.isNaN(end) ? x0 + 1 : Math.ceil(scale.share(end) * width);
      const x1 = Math.max(x0 + 1, Math.min(width, to));
      const y0 = Math.min(height - 1, Math.floor(place * step));
      const failed = store.status[row] === "error";
      for (let y = y0; y < Math.min(height, y0 + thick); y += 1) {
        cells.fill(codes.get(store.type[row]), y * width + x0, y * width + x1);
        if (failed) errors.push(y * width + x0, y * width + Math.min(width, x0 + 3));
      }
    }
    for (let i = 0; i < errors.length; i += 2) cells.fill(ERROR, errors[i], errors[i + 1]);
    const colors = [null, ...at.TYPES, "error"].map((n) => n && bytesOf(at.theme.color(n)));
    const image = new ImageData(width, height);
    for (let i = 0; i < cells.length; i += 1) {
      if (cells[i]) image.data.set(colors[cells[i]], i * 4);
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
    return canvas;
  }

  /** Kept until the data, the colours or the width change. */
  class Minimap {
    constructor(store, scale) {
      this.store = store;
      this.scale = scale;
      this.forget();
    }

    forget() {
      this._picture = null;
      this._lanes = null;
    }

    /** Its height with the lanes. */
    get height() {
      return MAP + 2 * LANE;
    }

    draw(env) {
      const { ctx, left, right } = env;
      const width = Math.max(1, Math.round(right - left));
      const ratio = devicePixelRatio || 1;
      const [wide, high] = [Math.round(width * ratio), Math.round((MAP - 2 * EDGE) * ratio)];
      if (!this._picture || this._picture.width !== wide) {
        this._picture = picture(this.store, this.scale, wide, high);
        this._lanes = null;
      }
      if (!this._lanes) this._lanes = at.timeline.lanes(this.store, this.scale, width);
      ctx.drawImage(this._picture, left, EDGE, width, MAP - 2 * EDGE);
      const { rate, cost, peak, total, known } = this._lanes;
      this._lane(env, MAP, rate, peak, "llm", "Tokens/s", known.tokens
        ? `peak ${at.format.count(Math.round(peak))}` : "--");
      this._lane(env, MAP + LANE, cost, total, "agent", "Cost", known.cost
        ? at.format.cost(total) : "--");
      this._brush(env);
    }

    _lane(env, top, values, most, name, label, words) {
      const { ctx, left, right } = env;
      ctx.fillStyle = env.color("line");
      ctx.fillRect(left, top + LANE - 0.5, right - left, 1);
      if (most > 0) {
        ctx.beginPath();
        ctx.moveTo(left, top + LANE - 1);
        for (let i = 0; i < right - left && i < values.length; i += 1) {
          const y = top + LANE - 1 - ((LANE - 4) * values[i]) / most;
          ctx.lineTo(left + i, y);
          ctx.lineTo(left + i + 1, y);
        }
        ctx.lineTo(right, top + LANE - 1);
        ctx.fillStyle = `${env.color(name)}66`;
        ctx.fill();
        ctx.strokeStyle = env.color(name);
        ctx.lineWidth = 1;
        ctx.stroke();
      }
      const text = `${label}, ${words}`;
      const x = left ? 8 : 4;
      if (!left) {
        ctx.fillStyle = env.color("surface");
        ctx.fillRect(x - 2, top + 4, env.measure(text) + 4, 14);
      }
      ctx.fillStyle = env.color("muted");
      ctx.fillText(text, x, top + 15);
    }

    // What is not in view is veiled; the brush can be drawn anew, moved, and taken at its edges.
    _brush(env) {
      const { ctx, left, right } = env;
      const [from, to] = this.edges(env);
      ctx.fillStyle = `${env.color("ground")}aa`;
      if (from > left) ctx.fillRect(left, 0, from - left, MAP);
      if (to < right) ctx.fillRect(to, 0, right - to, MAP);
      ctx.strokeStyle = env.color("accent");
      ctx.lineWidth = 1;
      ctx.strokeRect(from + 0.5, 0.5, Math.max(2, to - from) - 1, MAP - 1);
      ctx.fillStyle = env.color("accent");
      for (const x of [from, to]) ctx.fillRect(x - (x === from ? 0 : 3), MAP / 2 - 8, 3, 16);
    }

    /** Where the view begins and ends on the minimap. */
    edges({ left, right }) {
      const [a, b] = this.scale.part();
      const x = (share) => left + Math.max(0, Math.min(1, share)) * (right - left);
      return [x(a), x(b)];
    }
  }

  at.timeline ??= {};
  Object.assign(at.timeline, { Minimap, MAP_HEIGHT: MAP });
})();
