/** The picture as a PNG, all of it, in the colours of the theme. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const MARGIN = 40;

  /** All of a view's picture as SVG text, ``width`` times ``height`` pixels large. */
  function toSvg(view, scale, width, height) {
    const { bounds, edges, picture, store, stage } = view;
    const drawing = new at.dag.Drawing(store);
    drawing.draw(picture.all, edges, bounds, Math.min(1, scale), true);
    drawing.look({ x: (MARGIN - bounds.x) * scale, y: (MARGIN - bounds.y) * scale, k: scale });
    const { node } = drawing;
    stage.append(node);
    at.picture.writeStyles(node);
    node.remove();
    node.setAttribute("width", width);
    node.setAttribute("height", height);
    return new XMLSerializer().serializeToString(node);
  }

  async function toPng(view) {
    const { bounds } = view;
    const [w, h] = [bounds.w + MARGIN * 2, bounds.h + MARGIN * 2];
    const scale = at.picture.scaleOf(w, h);
    const [width, height] = [w, h].map((size) => Math.max(1, Math.floor(size * scale)));
    return { png: await at.picture.toPng(toSvg(view, scale, width, height), width, height), scale };
  }

  /** Give the reader the picture as a file, and words if it is smaller than on the screen. */
  async function downloadPng(view) {
    try {
      const { png, scale } = await toPng(view);
      at.download(png, `${view.store.traceId}.png`);
      if (scale < 1) {
        at.toast(`The picture has ${Math.max(1, Math.round(scale * 100))} % of its size: ` +
          `a side has at most ${at.format.count(at.picture.MOST_PX)} pixels.`);
      }
    } catch {
      at.toast("The browser could not draw the picture.", { kind: "error" });
    }
  }

  at.dag ??= {};
  at.dag.downloadPng = downloadPng;
})();
