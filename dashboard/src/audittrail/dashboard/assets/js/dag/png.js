/** The picture as a PNG, all of it, in the colours of the theme. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const MOST_PX = 8192;
  const SHARP = 2;
  const MARGIN = 40;
  // An image has no style sheet: what its parts look like is written into them.
  const STYLES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap",
    "stroke-linejoin", "opacity", "paint-order", "font-family", "font-size", "font-weight",
    "font-style", "marker-end"];

  function scaleOf({ w, h }) {
    return Math.min(SHARP, MOST_PX / (w + MARGIN * 2), MOST_PX / (h + MARGIN * 2));
  }

  function writeStyles(node) {
    for (const each of [node, ...node.querySelectorAll("*")]) {
      const style = getComputedStyle(each);
      for (const name of STYLES) {
        const value = style.getPropertyValue(name);
        if (value) each.setAttribute(name, value);
      }
    }
  }

  /** All of a view's picture as SVG text, ``width`` times ``height`` pixels large. */
  function toSvg(view, scale, width, height) {
    const { bounds, edges, picture, store, stage } = view;
    const drawing = new at.dag.Drawing(store);
    drawing.draw(picture.all, edges, bounds, Math.min(1, scale), true);
    drawing.look({ x: (MARGIN - bounds.x) * scale, y: (MARGIN - bounds.y) * scale, k: scale });
    const { node } = drawing;
    stage.append(node);
    writeStyles(node);
    node.remove();
    node.setAttribute("width", width);
    node.setAttribute("height", height);
    return new XMLSerializer().serializeToString(node);
  }

  async function toPng(view) {
    const { bounds } = view;
    const scale = scaleOf(bounds);
    const [width, height] = [bounds.w, bounds.h].map((size) =>
      Math.max(1, Math.floor((size + MARGIN * 2) * scale)));
    const svg = new Blob([toSvg(view, scale, width, height)], { type: "image/svg+xml" });
    const url = URL.createObjectURL(svg);
    try {
      const image = new Image();
      image.src = url;
      await image.decode();
      const canvas = at.el("canvas", { width, height });
      const ctx = canvas.getContext("2d");
      ctx.fillStyle = at.theme.color("ground");
      ctx.fillRect(0, 0, width, height);
      ctx.drawImage(image, 0, 0, width, height);
      const png = await new Promise((done) => canvas.toBlob(done, "image/png"));
      if (!png) throw new Error("no picture");
      return { png, scale };
    } finally {
      URL.revokeObjectURL(url);
    }
  }

  /** Give the reader the picture as a file, and words if it is smaller than on the screen. */
  async function downloadPng(view) {
    try {
      const { png, scale } = await toPng(view);
      at.download(png, `${view.store.traceId}.png`);
      if (scale < 1) {
        at.toast(`The picture has ${Math.max(1, Math.round(scale * 100))} % of its size: ` +
          `a side has at most ${at.format.count(MOST_PX)} pixels.`);
      }
    } catch {
      at.toast("The browser could not draw the picture.", { kind: "error" });
    }
  }

  at.dag ??= {};
  at.dag.downloadPng = downloadPng;
})();
