/** How wide the panel of details is: dragged, or set by keys, and kept. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const WIDTH_KEY = "audittrail.details.width";
  const [NARROWEST, WIDEST] = [420, 720];

  function resizer(root) {
    const limited = (width) => Math.round(Math.max(NARROWEST, Math.min(WIDEST, width)));
    const handle = at.el("div", {
      class: "at-details-handle",
      role: "separator",
      tabindex: "0",
      title: "Drag to resize",
      aria: {
        label: "Width of the details",
        orientation: "vertical",
        valuemin: NARROWEST,
        valuemax: WIDEST,
      },
    });
    function set(width) {
      root.style.setProperty("--at-details-width", `${limited(width)}px`);
      handle.setAttribute("aria-valuenow", String(limited(width)));
      localStorage.setItem(WIDTH_KEY, String(limited(width)));
      window.dispatchEvent(new Event("resize"));
    }
    handle.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      handle.setPointerCapture(event.pointerId);
      const right = root.getBoundingClientRect().right;
      const move = (moved) => set(right - moved.clientX);
      handle.addEventListener("pointermove", move);
      handle.addEventListener("lostpointercapture", () => {
        handle.removeEventListener("pointermove", move);
      }, { once: true });
    });
    handle.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: 20, ArrowRight: -20 }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      set(root.offsetWidth + step);
    });
    set(Number(localStorage.getItem(WIDTH_KEY)) || 480);
    return handle;
  }

  at.details ??= {};
  at.details.resizer = resizer;
})();
