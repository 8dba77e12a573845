/** Drawings as files: SVG that stands alone, and PNG in the colours of the theme. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const MOST_PX = 8192;
  const SHARP = 2;
  // An image has no style sheet: what its parts look like is written into them.
  const STYLES = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray",
    "stroke-linecap", "stroke-linejoin", "opacity", "paint-order", "font-family", "font-size",
    "font-weight", "font-style", "marker-end"];

  /** Write what the page's styles make of ``node``, which is in the document, into its parts. */
  function writeStyles(node) {
    for (const each of [node, ...node.querySelectorAll("*")]) {
      const style = getComputedStyle(each);
      for (const name of STYLES) {
        const value = style.getPropertyValue(name);
        if (value) each.setAttribute(name, value);
      }
    }
  }

  /** The largest scale, up to ``SHARP``, at which no side of ``width`` x ``height`` is too long. */
  const scaleOf = (width, height) => Math.min(SHARP, MOST_PX / width, MOST_PX / height);

  /** SVG text as a PNG of ``width`` x ``height`` pixels. Rejects where a browser cannot. */
  async function toPng(svg, width, height) {
    const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
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
      return png;
    } finally {
      URL.revokeObjectURL(url);
    }
  }

  at.picture = { MOST_PX, scaleOf, toPng, writeStyles };
})();
