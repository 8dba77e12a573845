/** The ruler above the bars, and what runs down through them: ticks, gaps, the chosen range. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const HEIGHT = 24;
  const TICK_PX = 96;
  const MOST_TICKS = 60;
  const STEPS = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200,
  ];

  /** A round step in ms for ticks at least ``TICK_PX`` apart. */
  function stepFor(msPerPixel) {
    const least = msPerPixel * TICK_PX;
    if (least <= 1000) {
      const power = 10 ** Math.floor(Math.log10(least));
      return power * [1, 2, 5, 10].find((factor) => factor * power >= least);
    }
    const found = STEPS.find((seconds) => seconds * 1000 >= least);
    return found ? found * 1000 : Math.ceil(least / 86400000) * 86400000;
  }

  /** Ticks in view, as ``[ms after the start of the trace, x]``. */
  function ticks(scale) {
    const step = stepFor(scale.msPerPixel);
    const [from, to] = scale.view();
    const found = [];
    let last = -Infinity;
    let t = Math.max(0, Math.ceil((from - scale.low) / step)) * step;
    while (scale.low + t <= to && found.length < MOST_TICKS) {
      const inside = scale.compressed && scale.gaps.find(([a, b]) => {
        return scale.low + t > a && scale.low + t < b;
      });
      if (inside) {
        t = Math.max(t + step, Math.ceil((inside[1] - scale.low) / step) * step);
        continue;
      }
      const x = scale.x(scale.low + t);
      if (x - last >= TICK_PX * 0.7) {
        found.push([t, x]);
        last = x;
      }
      t += step;
    }
    return found;
  }

  // With as many decimals as the step between two ticks asks for.
  function tickWords(t, step) {
    if (t === 0) return "0 s";
    if (t < 1000 && step < 1000) return `${Number(t.toPrecision(9))} ms`;
    if (t >= 60000 && step >= 1000) return at.format.duration(t);
    const decimals = Math.max(0, Math.ceil(-Math.log10(step / 1000)));
    return `${(t / 1000).toFixed(Math.min(6, decimals))} s`;
  }

  function drawRuler(env, top, range) {
    const { ctx, scale, left, right } = env;
    ctx.fillStyle = env.color("line");
    ctx.fillRect(0, top + HEIGHT - 1, right, 1);
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, right - left, HEIGHT);
    ctx.clip();
    if (range) drawRange(env, range, top, HEIGHT);
    const step = stepFor(scale.msPerPixel);
    for (const [t, x] of ticks(scale)) {
      ctx.fillStyle = env.color("edge");
      ctx.fillRect(Math.round(x), top + HEIGHT - 7, 1, 6);
      ctx.fillStyle = env.color("muted");
      ctx.fillText(tickWords(t, step), x + 4, top + 15);
    }
    ctx.restore();
  }

  function drawRange(env, [from, to], top, height) {
    const { ctx, scale } = env;
    const [x0, x1] = [Math.max(-9, scale.x(from)), Math.min(env.right + 9, scale.x(to))];
    ctx.fillStyle = `${env.color("accent")}22`;
    ctx.fillRect(x0, top, x1 - x0, height);
    ctx.fillStyle = env.color("accent");
    ctx.fillRect(x0, top, 1, height);
    ctx.fillRect(x1 - 1, top, 1, height);
  }

  /** Behind the bars. */
  function drawGround(env, height, range, gaps) {
    const { ctx, scale } = env;
    ctx.fillStyle = env.color("line");
    for (const [, x] of ticks(scale)) ctx.fillRect(Math.round(x), 0, 1, height);
    for (const [from, to] of gaps) {
      const x0 = Math.max(env.left - 9, scale.x(from));
      const x1 = Math.min(env.right + 9, scale.x(to));
      if (x1 < env.left || x0 > env.right) continue;
      ctx.fillStyle = env.hatch("line");
      ctx.fillRect(x0, 0, x1 - x0, height);
      ctx.fillStyle = env.color("edge");
      ctx.fillRect(x0, 0, 1, height);
      ctx.fillRect(x1 - 1, 0, 1, height);
    }
    if (range) drawRange(env, range, 0, height);
  }

  /** Above the bars: how long each gap is. A compressed one always, a narrow one if it fits. */
  function drawGapLabels(env, height, gaps) {
    const { ctx, scale } = env;
    let free = env.left;
    const told = [];
    for (const [from, to] of gaps) {
      const [x0, x1] = [Math.max(env.left, scale.x(from)), Math.min(env.right, scale.x(to))];
      if (x1 <= x0) continue;
      const words = `idle ${at.format.duration(to - from)}`;
      const width = env.measure(words) + 10;
      if (width > x1 - x0 && !scale.compressed) continue;
      const middle = (x0 + x1) / 2 - width / 2;
      const x = Math.max(free, Math.min(middle, env.right - width));
      free = x + width + 2;
      ctx.fillStyle = env.color("surface");
      ctx.strokeStyle = env.color("edge");
      ctx.lineWidth = 1;
      ctx.beginPath();
      ctx.roundRect(x + 0.5, height - 21.5, width, 18, 4);
      ctx.fill();
      ctx.stroke();
      ctx.fillStyle = env.color("ink");
      ctx.fillText(words, x + 5, height - 8);
      told.push(words);
    }
    return told;
  }

  at.timeline ??= {};
  Object.assign(at.timeline, { drawRuler, drawGround, drawGapLabels, RULER_HEIGHT: HEIGHT });
})();
