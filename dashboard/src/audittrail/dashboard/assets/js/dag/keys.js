/** The DAG's keys, while it is shown, and the pointer on its picture. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const ZOOM = 1.3;
  const PAN_PART = 0.2;
  const CLICK_PX = 4;
  const LINE_PX = 40;
  const GROUP = "DAG";

  /** @returns {function()[]} each takes one of them away */
  function addKeys(view) {
    const by = () => view.stage.clientWidth * PAN_PART;
    const entries = [
      [["+", "=", "w"], "Zoom in", () => view.zoom(ZOOM)],
      [["-", "s"], "Zoom out", () => view.zoom(1 / ZOOM)],
      ["0", "Whole graph", () => view.fit()],
      [["Shift+ArrowLeft", "a"], "Pan left", () => view.pan(by(), 0)],
      [["Shift+ArrowRight", "d"], "Pan right", () => view.pan(-by(), 0)],
      ["Shift+ArrowUp", "Pan up", () => view.pan(0, by())],
      ["Shift+ArrowDown", "Pan down", () => view.pan(0, -by())],
      [".", "Along an edge", () => at.dag.walking.along(view, 1)],
      [",", "Back along an edge", () => at.dag.walking.along(view, -1)],
    ];
    return entries.map(([keys, label, run]) => at.keys.add({ keys, label, group: GROUP, run }));
  }

  const placeIn = (node, event) => {
    const box = node.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  function onWheel(view, stage) {
    stage.addEventListener("wheel", (event) => {
      event.preventDefault();
      const unit = event.deltaMode === 1 ? LINE_PX : 1;
      if (event.shiftKey) view.pan(-(event.deltaX || event.deltaY) * unit, 0);
      else {
        const by = Math.max(-200, Math.min(200, event.deltaY * unit));
        view.zoom(Math.exp(-by / 400), ...placeIn(stage, event));
      }
    }, { passive: false });
  }

  /** Drag pans, two fingers zoom, a click selects, the arrow or a second click opens a box. */
  function onPointer(view, stage) {
    const fingers = new Map();
    let far = false;
    const spread = () => {
      const [a, b] = [...fingers.values()];
      return { size: Math.max(20, Math.hypot(a[0] - b[0], a[1] - b[1])),
        x: (a[0] + b[0]) / 2, y: (a[1] + b[1]) / 2 };
    };
    stage.addEventListener("pointerdown", (event) => {
      if (event.button || event.target.closest("button, canvas, ul")) return;
      fingers.set(event.pointerId, placeIn(stage, event));
      far = fingers.size > 1;
    });
    stage.addEventListener("pointermove", (event) => {
      const now = placeIn(stage, event);
      const before = fingers.get(event.pointerId);
      if (!before) {
        view.point(event.target.closest("[data-key]")?.dataset.key, event);
        return;
      }
      const [dx, dy] = [now[0] - before[0], now[1] - before[1]];
      if (fingers.size === 2) {
        const old = spread();
        fingers.set(event.pointerId, now);
        const next = spread();
        view.zoom(next.size / old.size, next.x, next.y);
        view.pan(next.x - old.x, next.y - old.y);
      } else if (far || Math.hypot(dx, dy) > CLICK_PX) {
        if (!far) stage.setPointerCapture(event.pointerId);
        far = true;
        fingers.set(event.pointerId, now);
        view.pan(dx, dy);
      }
    });
    const lift = (event) => fingers.delete(event.pointerId);
    stage.addEventListener("pointerup", lift);
    stage.addEventListener("pointercancel", lift);
    stage.addEventListener("pointerleave", (event) => view.point(null, event));
    stage.addEventListener("click", (event) => {
      const node = event.target.closest("[data-key]");
      if (far || !node) return;
      if (event.target.closest("[data-fold]")) view.toggle(node.dataset.key);
      else view.pick(node.dataset.key);
    });
    stage.addEventListener("dblclick", (event) => {
      const node = event.target.closest("[data-key]");
      if (node && !event.target.closest("[data-fold]")) view.toggle(node.dataset.key);
    });
  }

  at.dag ??= {};
  Object.assign(at.dag, { addKeys, onWheel, onPointer });
})();
