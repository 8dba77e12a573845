/** A time range in the address, chosen from a list or by dragging over bars. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;
  const HOUR = 3600e3;
  const RANGES = [
    ["", "All time", 0],
    ["1h", "Last hour", HOUR],
    ["24h", "Last 24 h", 24 * HOUR],
    ["7d", "Last 7 days", 7 * 24 * HOUR],
    ["30d", "Last 30 days", 30 * 24 * HOUR],
  ];

  /** ``{since, until}`` as the API takes them, of what the address says. */
  function times() {
    const from = at.url.get("from");
    const known = RANGES.find(([name]) => name && name === from);
    if (known) return { since: new Date(Date.now() - known[2]).toISOString(), until: null };
    return { since: from, until: at.url.get("to") };
  }

  /** The list of ranges. ``set({from, to})`` is given what is chosen. ``{node, show()}`` */
  function createTimeRange(set) {
    const node = el(
      "select",
      {
        class: "at-input at-list-range",
        aria: { label: "Time range" },
        on: { change: () => set({ from: node.value || null, to: null }) },
      },
      RANGES.map(([name, label]) => el("option", { value: name, text: label })),
    );

    function show() {
      const from = at.url.get("from");
      const known = RANGES.some(([name]) => name === (from || "")) && !at.url.get("to");
      node.querySelector("[value=own]")?.remove();
      if (!known) node.append(el("option", { value: "own", text: "Chosen range" }));
      node.value = known ? from || "" : "own";
    }

    return { node, show };
  }

  /**
   * Dragging over ``picture`` chooses a range of what it shows.
   * ``extent()`` gives its first and last millisecond, null while it shows nothing;
   * ``chosen(since, until)`` is given ISO times.
   */
  function createBrush(picture, extent, chosen) {
    const brush = el("div", { class: "at-histogram-brush", hidden: true });
    const field = el("div", { class: "at-histogram-field", title: "Drag for a time range" }, picture, brush);
    let from = null;
    const place = (event) => {
      const box = field.getBoundingClientRect();
      return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
    };
    function stretch(to) {
      const [low, high] = [Math.min(from, to), Math.max(from, to)];
      brush.style.setProperty("left", `${low * 100}%`);
      brush.style.setProperty("width", `${(high - low) * 100}%`);
      return [low, high];
    }
    field.addEventListener("pointerdown", (event) => {
      if (!extent()) return;
      from = place(event);
      field.setPointerCapture(event.pointerId);
      brush.hidden = false;
      stretch(from);
    });
    field.addEventListener("pointermove", (event) => from !== null && stretch(place(event)));
    field.addEventListener("pointercancel", () => {
      from = null;
      brush.hidden = true;
    });
    field.addEventListener("pointerup", (event) => {
      if (from === null) return;
      const [low, high] = stretch(place(event));
      from = null;
      brush.hidden = true;
      const shown = extent();
      if (high - low < 0.005 || !shown) return;
      const [start, end] = shown;
      const time = (fraction) => start + fraction * (end - start);
      const iso = (ms) => new Date(ms).toISOString();
      chosen(iso(Math.floor(time(low))), iso(Math.ceil(time(high))));
    });
    return field;
  }

  at.list ??= {};
  Object.assign(at.list, { times, createTimeRange, createBrush });
})();
