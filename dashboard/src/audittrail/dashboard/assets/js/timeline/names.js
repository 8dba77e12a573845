/** The names beside the Timeline's bars, on the same canvas. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const INDENT = 14;
  const DEEPEST = 12;
  const FOLD = 16;
  const ICON = 14;
  const letters = new Map();

  /** What a row is called, also one that has not come, and a run of siblings. */
  function nameOf(store, entry) {
    if (entry < -1) {
      const run = store.run(-(entry + 2));
      return `${run.name} x ${at.format.count(run.rows.length)}`;
    }
    if (store.ghost[entry] === 1) return "(parent not received)";
    if (store.ghost[entry] === 2) return "caller (remote)";
    return store.name[entry] || "(no name)";
  }

  function depthOf(store, entry) {
    if (entry >= 0) return store.depth(entry) + (store.runOf(entry) ? 1 : 0);
    const { parent } = store.run(-(entry + 2));
    return parent < 0 ? 0 : store.depth(parent) + 1;
  }

  const indentOf = (store, entry) => 6 + Math.min(DEEPEST, depthOf(store, entry)) * INDENT;
  const foldsAt = (store, entry) => entry < -1 || store.hasChildren(entry);
  const isOpen = (store, entry) =>
    entry < -1 ? store.isRunOpen(store.run(-(entry + 2)).key) : store.isOpen(entry);

  function drawFold({ ctx, color }, x, middle, open) {
    ctx.strokeStyle = color("muted");
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    if (open) {
      ctx.moveTo(x + 3, middle - 2);
      ctx.lineTo(x + 7, middle + 2);
      ctx.lineTo(x + 11, middle - 2);
    } else {
      ctx.moveTo(x + 5, middle - 4);
      ctx.lineTo(x + 9, middle);
      ctx.lineTo(x + 5, middle + 4);
    }
    ctx.stroke();
  }

  /** The square with the letter of a type. */
  function drawType({ ctx, color }, type, x, middle) {
    if (!letters.has(type)) letters.set(type, new Path2D(at.typeLetter(type)));
    ctx.fillStyle = color(type);
    ctx.fillRect(x, middle - ICON / 2, ICON, ICON);
    ctx.save();
    ctx.translate(x, middle - ICON / 2);
    ctx.scale(ICON / 16, ICON / 16);
    ctx.strokeStyle = color("surface");
    ctx.lineWidth = 2;
    ctx.lineCap = "round";
    ctx.lineJoin = "round";
    ctx.stroke(letters.get(type));
    ctx.restore();
  }

  function shortened(env, text, width) {
    if (env.measure(text) <= width) return text;
    let [low, high] = [0, text.length];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (env.measure(`${text.slice(0, middle)}…`) <= width) low = middle;
      else high = middle - 1;
    }
    return low ? `${text.slice(0, low)}…` : "";
  }

  // Failures and violations stand at the right edge; returns where they begin.
  function drawMarks(env, entry, right, middle) {
    const { ctx, store } = env;
    let [failed, violations, more] = [0, 0, 0];
    if (entry < -1) ({ failed } = store.run(-(entry + 2)));
    else if (foldsAt(store, entry) && !isOpen(store, entry)) {
      const sums = store.subtree(entry);
      ({ failed, violations } = sums);
      more = sums.count - (store.ghost[entry] ? 0 : 1);
    } else {
      failed = store.status[entry] === "error" ? 1 : 0;
      violations = store.violations[entry];
    }
    let x = right - 6;
    const put = (text, name, font) => {
      ctx.font = font;
      x -= env.measure(text);
      ctx.fillStyle = env.color(name);
      ctx.fillText(text, x, middle + 4);
      ctx.font = env.font;
      x -= 6;
    };
    if (more) put(at.format.count(more), "muted", env.font);
    if (failed) put(failed > 1 ? `! ${at.format.count(failed)}` : "!", "error", env.bold);
    if (violations) {
      if (violations > 1) put(String(violations), "violation", env.bold);
      x -= 9;
      at.timeline.drawTriangle(env, x, middle);
      x -= 6;
    }
    return x;
  }

  /** @param {number} right where the names end */
  function drawName(env, entry, middle, right) {
    const { ctx, store } = env;
    let x = indentOf(store, entry);
    const deeper = depthOf(store, entry) - DEEPEST;
    const end = drawMarks(env, entry, right, middle);
    if (foldsAt(store, entry)) drawFold(env, x, middle, isOpen(store, entry));
    x += FOLD;
    const ghost = entry >= 0 && store.ghost[entry];
    if (ghost) {
      ctx.strokeStyle = env.color("muted");
      ctx.lineWidth = 1;
      ctx.setLineDash([2, 2]);
      ctx.strokeRect(x + 0.5, middle - ICON / 2 + 0.5, ICON - 1, ICON - 1);
      ctx.setLineDash([]);
    } else {
      const row = entry < -1 ? store.run(-(entry + 2)).rows[0] : entry;
      drawType(env, store.type[row], x, middle);
    }
    x += ICON + 6;
    ctx.font = env.font;
    if (deeper > 0) {
      ctx.fillStyle = env.color("muted");
      ctx.fillText(`+${deeper}`, x, middle + 4);
      x += env.measure(`+${deeper}`) + 6;
    }
    ctx.font = store.isHit(entry) ? env.bold : env.font;
    ctx.fillStyle = env.color(ghost ? "muted" : "ink");
    ctx.fillText(shortened(env, nameOf(store, entry), end - x), x, middle + 4);
    ctx.font = env.font;
  }

  at.timeline ??= {};
  Object.assign(at.timeline, { drawName, nameOf, foldsAt, isOpen, indentOf, FOLD_WIDTH: FOLD });
})();
