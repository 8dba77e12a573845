/** The DAG's minimap: all of it, small, and what of it is on the screen. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const [WIDTH, HEIGHT, MARGIN] = [168, 108, 5];

  /** ``{node, draw(all, bounds, seen)}``; ``go(x, y)`` brings a place to the middle. */
  function createMinimap(go) {
    const node = at.el("canvas", { class: "at-dag-minimap", aria: { hidden: "true" } });
    const under = document.createElement("canvas");
    let map = null;

    function sized(canvas) {
      const ratio = window.devicePixelRatio || 1;
      [canvas.width, canvas.height] = [WIDTH * ratio, HEIGHT * ratio];
      const ctx = canvas.getContext("2d");
      ctx.scale(ratio, ratio);
      return ctx;
    }

    function drawAll(all, bounds) {
      const ctx = sized(under);
      ctx.fillStyle = at.theme.color("surface");
      ctx.fillRect(0, 0, WIDTH, HEIGHT);
      const k = Math.min((WIDTH - MARGIN * 2) / bounds.w, (HEIGHT - MARGIN * 2) / bounds.h);
      map = { k, x: MARGIN - bounds.x * k, y: MARGIN - bounds.y * k };
      for (const item of all) {
        const frame = item.open && item.h > at.dag.NODE_HEIGHT;
        ctx.strokeStyle = at.theme.color("line");
        ctx.fillStyle = at.theme.color(frame ? "raised" : item.type);
        ctx.fillRect(...place(item));
        if (frame) ctx.strokeRect(...place(item));
      }
    }

    const place = ({ x, y, w, h }) => [x * map.k + map.x, y * map.k + map.y,
      Math.max(1, w * map.k), Math.max(1, h * map.k)];

    /** ``again``: the nodes have changed, too. */
    function draw(all, bounds, seen, again) {
      if (again || !map) drawAll(all, bounds);
      const ctx = sized(node);
      ctx.drawImage(under, 0, 0, WIDTH, HEIGHT);
      ctx.strokeStyle = at.theme.color("accent");
      ctx.lineWidth = 2;
      const [x, y, w, h] = place(seen);
      const [left, top] = [Math.max(1, x), Math.max(1, y)];
      const [right, bottom] = [Math.min(WIDTH - 1, x + w), Math.min(HEIGHT - 1, y + h)];
      ctx.strokeRect(left, top, Math.max(3, right - left), Math.max(3, bottom - top));
    }

    function point(event) {
      if (!map) return;
      const box = node.getBoundingClientRect();
      go((event.clientX - box.left - map.x) / map.k, (event.clientY - box.top - map.y) / map.k);
    }
    node.addEventListener("pointerdown", (event) => {
      event.stopPropagation();
      node.setPointerCapture(event.pointerId);
      point(event);
    });
    node.addEventListener("pointermove", (event) => event.buttons && point(event));
    return { node, draw };
  }

  at.dag ??= {};
  at.dag.createMinimap = createMinimap;
})();
