/** The bars of the Timeline's rows, on a canvas. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const LEAF = 12;
  const PARENT = 6;
  const LEAST = 2;
  const SKEW_MS = 1;
  // Coordinates far outside the canvas cost time and precision.
  const FAR = 40;

  /**
   * @param {object} env what is the same for all rows of a frame: ctx, store, scale, density,
   *   color(name), hatch(name), left, right, critical (a Map of segments by entry)
   */
  function drawBar(env, entry, middle) {
    if (entry < -1) drawRun(env, entry, middle);
    else if (env.store.ghost[entry]) drawGhost(env, entry, middle);
    else drawSpan(env, entry, middle);
    drawCritical(env, entry, middle);
  }

  function ends(env, from, to) {
    const x0 = Math.max(env.scale.x(from), env.left - FAR);
    const x1 = Math.min(Math.max(env.scale.x(to), x0 + LEAST), env.right + FAR);
    return [x0, x1];
  }

  function drawSpan(env, row, middle) {
    const { ctx, store } = env;
    const start = store.start[row];
    if (Number.isNaN(start)) return;
    const isParent = store.hasChildren(row);
    const closed = isParent && !store.isOpen(row);
    const height = isParent && !closed ? PARENT : LEAF;
    const known = store.end[row];
    const end = store.endOf(row);
    const last = Number.isNaN(end) ? Math.max(start, store.subtree(row).end) : end;
    const [x0, x1] = ends(env, start, last);
    const top = middle - height / 2;
    const color = env.color(store.type[row]);
    const failed = store.status[row] === "error";
    if (x1 >= env.left && x0 <= env.right) {
      ctx.fillStyle = Number.isNaN(known) ? fading(env, x0, x1, color) : color;
      if (closed) {
        ctx.globalAlpha = 0.35;
        ctx.fillRect(x0, top, x1 - x0, height);
        ctx.globalAlpha = 1;
        drawDensity(env, env.density.below(row), middle, color);
      } else ctx.fillRect(x0, top, x1 - x0, height);
      if (Number.isNaN(known)) drawOpenEnd(env, x0, x1, top, height, color);
      const ttft = store.ttft[row];
      if (store.type[row] === "llm" && ttft !== null) {
        drawTick(env, start + ttft, x0, x1, top, height);
      }
      if (failed) drawError(env, x0, x1, top, height);
    }
    drawSkew(env, row, start, last, [x0, x1], middle);
    const endless = Number.isNaN(known) && Number.isNaN(end);
    const words = [endless ? "no end" : at.format.duration(last - start)];
    if (closed) words.push(at.format.plural(store.subtree(row).count - 1, "span"));
    drawBeside(env, x0, x1, middle, words.join(", "), {
      failed,
      events: store.events[row],
      violations: store.violations[row],
    });
  }

  // Towards now, a running span's bar fades: where it ends is not known.
  function fading(env, x0, x1, color) {
    const { ctx } = env;
    const from = Math.max(x0, x1 - 90);
    const made = ctx.createLinearGradient(from, 0, Math.max(x1, from + 1), 0);
    made.addColorStop(0, color);
    made.addColorStop(1, `${color}33`);
    return made;
  }

  function drawOpenEnd({ ctx }, x0, x1, top, height, color) {
    ctx.strokeStyle = color;
    ctx.lineWidth = 1;
    ctx.setLineDash([3, 2]);
    ctx.beginPath();
    ctx.moveTo(Math.max(x0, x1 - 90), top + 0.5);
    ctx.lineTo(x1 - 0.5, top + 0.5);
    ctx.lineTo(x1 - 0.5, top + height - 0.5);
    ctx.lineTo(Math.max(x0, x1 - 90), top + height - 0.5);
    ctx.stroke();
    ctx.setLineDash([]);
  }

  function drawDensity(env, { start, end, bins }, middle, color) {
    if (!(end >= start)) return;
    const { ctx, scale } = env;
    const per = (end - start) / bins.length;
    ctx.fillStyle = color;
    for (let i = 0; i < bins.length; i += 1) {
      if (!bins[i]) continue;
      const x0 = scale.x(start + i * per);
      if (x0 > env.right) break;
      const x1 = scale.x(start + (i + 1) * per);
      if (x1 < env.left) continue;
      const height = Math.max(2, LEAF * bins[i]);
      ctx.fillRect(x0, middle + LEAF / 2 - height, Math.max(1, x1 - x0), height);
    }
  }

  function drawTick({ ctx, scale, color }, t, x0, x1, top, height) {
    const x = scale.x(t);
    if (x < x0 + 2 || x > x1 - 2) return;
    ctx.fillStyle = color("surface");
    ctx.fillRect(x - 1, top, 2, height);
  }

  function drawError(env, x0, x1, top, height) {
    const { ctx } = env;
    if (x1 - x0 > 4) {
      ctx.fillStyle = env.hatch("error");
      ctx.fillRect(x0, top, x1 - x0, height);
    }
    ctx.strokeStyle = env.color("error");
    ctx.lineWidth = 1.5;
    ctx.strokeRect(x0 - 0.75, top - 0.75, x1 - x0 + 1.5, height + 1.5);
  }

  /** Whether a span lies outside its parent: -1 before, 1 after, 0 no. */
  function skewOf(store, row) {
    const parent = store.parent[row];
    if (parent < 0 || store.ghost[parent]) return 0;
    if (store.start[row] < store.start[parent] - SKEW_MS) return -1;
    const after = Number.isNaN(store.end[row]) ? store.start[row] : store.end[row];
    return after > store.end[parent] + SKEW_MS ? 1 : 0;
  }

  // A bracket at the edge that lies outside: the two clocks may differ.
  function drawSkew(env, row, start, end, [x0, x1], middle) {
    const side = skewOf(env.store, row);
    if (!side) return;
    const edge = side < 0 ? x0 : x1;
    if (edge < env.left - 1 || edge > env.right) return;
    // Also where the bar begins at the very left.
    const x = Math.max(env.left + 1.5, edge + side * 3);
    const { ctx } = env;
    ctx.strokeStyle = env.color("ink");
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    ctx.moveTo(x - side * 3, middle - 8);
    ctx.lineTo(x, middle - 8);
    ctx.lineTo(x, middle + 8);
    ctx.lineTo(x - side * 3, middle + 8);
    ctx.stroke();
  }

  function drawGhost(env, row, middle) {
    const { start, end } = env.store.subtree(row);
    if (!(start <= end)) return;
    const [x0, x1] = ends(env, start, end);
    const { ctx } = env;
    ctx.strokeStyle = env.color("muted");
    ctx.lineWidth = 1;
    ctx.setLineDash([4, 3]);
    ctx.strokeRect(x0 + 0.5, middle - LEAF / 2 + 0.5, x1 - x0 - 1, LEAF - 1);
    ctx.setLineDash([]);
    drawBeside(env, x0, x1, middle, at.format.duration(end - start), {});
  }

  function drawRun(env, entry, middle) {
    const run = env.store.run(-(entry + 2));
    const found = env.density.run(run);
    if (!(found.start <= found.end)) return;
    const [x0, x1] = ends(env, found.start, found.end);
    const color = env.color(env.store.type[run.rows[0]]);
    env.ctx.fillStyle = color;
    env.ctx.globalAlpha = 0.35;
    env.ctx.fillRect(x0, middle - LEAF / 2, x1 - x0, LEAF);
    env.ctx.globalAlpha = 1;
    drawDensity(env, found, middle, color);
    const words = `${at.format.duration(found.end - found.start)}, ${run.rows.length} spans`;
    drawBeside(env, x0, x1, middle, words, { failed: run.failed > 0 });
  }

  // Right of the bar; left of it if there is no room; else on it, on a ground of its own.
  function drawBeside(env, x0, x1, middle, text, { failed, events, violations }) {
    const { ctx } = env;
    if (x1 < env.left || x0 > env.right) return;
    ctx.font = env.font;
    const marks = (events ? 14 + env.measure(String(events)) : 0) + (violations ? 14 : 0);
    const width = env.measure(text) + (failed ? 9 : 0) + marks;
    let x = x1 + 8;
    if (x + width > env.right) x = x0 - 8 - width;
    if (x < env.left) {
      x = Math.min(x1, env.right) - width - 6;
      ctx.fillStyle = env.color("surface");
      ctx.fillRect(x - 3, middle - 8, width + 6, 16);
    }
    if (failed) {
      ctx.fillStyle = env.color("error");
      ctx.font = env.bold;
      ctx.fillText("!", x + 1, middle + 4);
      ctx.font = env.font;
      x += 9;
    }
    ctx.fillStyle = env.color("muted");
    ctx.fillText(text, x, middle + 4);
    x += env.measure(text) + 6;
    if (events) {
      ctx.beginPath();
      ctx.moveTo(x + 3, middle - 4);
      ctx.lineTo(x + 7, middle);
      ctx.lineTo(x + 3, middle + 4);
      ctx.lineTo(x - 1, middle);
      ctx.fill();
      ctx.fillText(String(events), x + 9, middle + 4);
      x += 14 + env.measure(String(events));
    }
    if (violations) at.timeline.drawTriangle(env, x, middle);
  }

  function drawTriangle({ ctx, color }, x, middle) {
    ctx.fillStyle = color("violation");
    ctx.beginPath();
    ctx.moveTo(x + 4, middle - 5);
    ctx.lineTo(x + 9, middle + 4);
    ctx.lineTo(x - 1, middle + 4);
    ctx.fill();
  }

  // A line under what was waited for; dashed where the span itself only waited.
  function drawCritical(env, entry, middle) {
    const segments = env.critical && env.critical.get(entry);
    if (!segments) return;
    const { ctx, scale } = env;
    ctx.strokeStyle = env.color("ink");
    ctx.lineWidth = 2;
    for (const waits of [false, true]) {
      ctx.setLineDash(waits ? [2, 3] : []);
      ctx.beginPath();
      for (const segment of segments) {
        if (segment.row < 0 !== waits) continue;
        const x0 = Math.max(scale.x(segment.start), env.left - FAR);
        const x1 = Math.min(Math.max(scale.x(segment.end), x0 + 1), env.right + FAR);
        if (x1 < env.left || x0 > env.right) continue;
        ctx.moveTo(x0, middle + 9);
        ctx.lineTo(x1, middle + 9);
      }
      ctx.stroke();
    }
    ctx.setLineDash([]);
  }

  at.timeline ??= {};
  Object.assign(at.timeline, { drawBar, drawTriangle, skewOf });
})();
