/** The line above the Timeline: zoom, idle time. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  /**
   * @param {object} view the Timeline
   * @returns {{bar: Element, update: function()}} update writes only what has changed
   */
  at.timeline ??= {};
  at.timeline.createWords = (view) => {
    const { store } = view;
    const kept = new Map();
    const line = (name, ...more) =>
      at.el("p", { class: `at-timeline-${name}`, hidden: true }, at.el("span", {}), ...more);
    const compress = at.button({
      label: "Compress gaps",
      run: () => view.compress(!view.compressed),
    });
    const range = at.button({
      label: "Zoom to range",
      run: () => view.show(...store.range),
    });
    const lines = {
      idle: line("idle", compress),
    };
    const bar = at.el(
      "div",
      { class: "at-timeline-bar" },
      at.el(
        "div",
        { class: "at-timeline-zoom", role: "group", aria: { label: "Zoom" } },
        at.button({ icon: "minus-zoom", title: "Zoom out", keys: "-", run: () => view.zoom(1.5) }),
        at.button({
          icon: "plus-zoom",
          title: "Zoom in",
          keys: "+",
          run: () => view.zoom(1 / 1.5),
        }),
        at.button({ icon: "fit", title: "Whole trace", keys: "0", run: () => view.fit() }),
      ),
      range,
      Object.values(lines),
    );

    function tell(name, text) {
      if (kept.get(name) === text) return;
      kept.set(name, text);
      lines[name].hidden = !text;
      lines[name].firstChild.textContent = text || "";
    }

    function update() {
      const { total, idle, offer } = view.gaps;
      // Rounded down: what is not idle must not vanish from the words.
      const part = at.format.percent(Math.floor((idle / total) * 100) / 100);
      const words = view.compressed
        ? `Gaps are compressed; the whole takes ${at.format.duration(total)}.`
        : `${at.format.duration(total)}, ${part} idle.`;
      tell("idle", view.compressed || offer ? words : null);
      compress.firstChild.textContent = view.compressed ? "Show true time" : "Compress gaps";
      range.hidden = !store.range;
    }
    return { bar, update };
  };
})();
