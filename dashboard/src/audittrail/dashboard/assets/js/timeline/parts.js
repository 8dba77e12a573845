/** What the Timeline is drawn on: its elements, canvases of the right size, and hatches. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const [NARROWEST, WIDEST] = [300, 600];
  const PATTERN = 6;
  const hatches = new Map();

  /** ``{root, head, canvas, spacer, scroller, handle}``; ``bar`` is the line above. */
  function createParts(bar) {
    const head = at.el("canvas", { class: "at-timeline-head", aria: { hidden: "true" } });
    const canvas = at.el("canvas", { class: "at-timeline-canvas", role: "img" });
    const spacer = at.el("div", { class: "at-timeline-spacer" }, canvas);
    const scroller = at.el(
      "div",
      {
        class: "at-timeline-rows",
        tabindex: "0",
        role: "group",
        aria: { label: "Timeline rows. The Spans tab has the same as a table." },
      },
      spacer,
    );
    const handle = at.el("div", {
      class: "at-timeline-handle",
      role: "separator",
      tabindex: "0",
      aria: {
        orientation: "vertical",
        label: "Width of the names",
        valuemin: NARROWEST,
        valuemax: WIDEST,
      },
    });
    const root = at.el(
      "section",
      { class: "at-timeline", aria: { label: "Timeline" } },
      bar,
      at.el("div", { class: "at-timeline-plot" }, head, scroller, handle),
    );
    return { root, head, canvas, spacer, scroller, handle };
  }

  /** The empty context of a canvas that is ``width`` by ``height`` pixels of the page. */
  function sized(canvas, width, height) {
    const ratio = devicePixelRatio || 1;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== wide || canvas.height !== high) {
      canvas.width = wide;
      canvas.height = high;
      canvas.style.setProperty("width", `${width}px`);
      canvas.style.setProperty("height", `${height}px`);
    }
    const ctx = canvas.getContext("2d");
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, width, height);
    return ctx;
  }

  /** A pattern of slanting lines in a colour of the theme. */
  function hatch(name) {
    if (!hatches.has(name)) {
      const tile = at.el("canvas", { width: PATTERN, height: PATTERN });
      const ctx = tile.getContext("2d");
      ctx.strokeStyle = at.theme.color(name);
      ctx.lineWidth = 1.5;
      for (const shift of [-PATTERN, 0, PATTERN]) {
        ctx.moveTo(shift - 1, PATTERN + 1);
        ctx.lineTo(shift + PATTERN + 1, -1);
      }
      ctx.stroke();
      hatches.set(name, ctx.createPattern(tile, "repeat"));
    }
    return hatches.get(name);
  }

  at.timeline ??= {};
  Object.assign(at.timeline, {
    NARROWEST,
    WIDEST,
    createParts,
    sized,
    hatch,
    forgetHatches: () => hatches.clear(),
  });
})();
