/** The Timeline's keys, while it is shown. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const ZOOM = 1.5;
  const PAN_PART = 0.2;
  const GROUP = "Timeline";

  /** @returns {function()[]} each takes one of them away */
  at.timeline ??= {};
  at.timeline.addKeys = (view) => {
    const by = () => (view.right - view.left) * PAN_PART;

    const entries = [
      [["+", "=", "w"], "Zoom in", () => view.zoom(1 / ZOOM)],
      [["-", "s"], "Zoom out", () => view.zoom(ZOOM)],
      ["0", "Whole trace", () => view.fit()],
      [["Shift+ArrowLeft", "a"], "Earlier", () => view.pan(-by())],
      [["Shift+ArrowRight", "d"], "Later", () => view.pan(by())],
    ];
    return entries.map(([keys, label, run]) => at.keys.add({ keys, label, group: GROUP, run }));
  };
})();
