/** The aligned tree: one line a pair of spans, with both durations on one scale. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const KINDS = { same: "Same", changed: "Changed", a: "Only in A", b: "Only in B" };
  const SIGNS = { same: "=", changed: "≠", a: "−", b: "+" };
  const NAMES = {
    rawType: "type",
    tokensIn: "tokens in",
    tokensOut: "tokens out",
  };
  const MAX_INDENT = 12;
  const COLUMNS = ["Span", "Compared", "A", "B", "B against A", "Both on one scale"];

  function duration(store, row) {
    return row < 0 ? NaN : store.end[row] - store.start[row];
  }

  function line(id) {
    const cells = Object.fromEntries(
      ["name", "kind", "a", "b", "delta", "bars"].map((name) => [
        name,
        at.el("div", { class: `at-cell at-compare-${name}`, role: "gridcell" }),
      ]),
    );
    const node = at.el("div", { id, class: "at-compare-row", role: "row" }, Object.values(cells));
    return { node, ...cells };
  }

  function difference(a, b) {
    if (!Number.isFinite(a) || !Number.isFinite(b)) return "";
    const change = b - a;
    if (!change) return "same";
    return `${change > 0 ? "↑ +" : "↓ -"}${at.format.duration(Math.abs(change))}`;
  }

  at.compare ??= {};
  /**
   * @param {function(object)} chosen is given a line of ``align``
   * @returns {{node, set(lines), select(number), move(number)}}
   */
  at.compare.tree = (a, b, chosen) => {
    const [extentA, extentB] = [a.extent(), b.extent()];
    const whole = Math.max(extentA[1] - extentA[0], extentB[1] - extentB[0]) || 1;
    let lines = [];
    let shown = new Int32Array(0);
    let here = -1;

    function bar(store, row, extent, letter) {
      if (row < 0 || store.ghost[row]) return null;
      const from = ((store.start[row] - extent[0]) / whole) * 100;
      const width = ((store.endOf(row) - store.start[row]) / whole) * 100;
      return at.el("span", {
        class: `at-compare-bar at-compare-bar-${letter} at-bar-${store.type[row]}`,
        style: { left: `${from}%`, width: `${Number.isFinite(width) ? width : 0}%` },
      });
    }
    function fill(cells, value) {
      const each = lines[value];
      const [store, row] = each.a >= 0 ? [a, each.a] : [b, each.b];
      const [ofA, ofB] = [duration(a, each.a), duration(b, each.b)];
      const { node } = cells;
      node.className = `at-compare-row at-compare-row-${each.kind}`;
      node.classList.toggle("at-compare-here", value === here);
      node.setAttribute("aria-level", String(each.depth + 1));
      node.setAttribute("aria-selected", String(value === here));
      cells.name.style.setProperty("--indent", `${Math.min(each.depth, MAX_INDENT) * 14}px`);
      at.clear(
        cells.name,
        at.typeIcon(store.type[row]),
        at.el("span", {
          class: "at-compare-text",
          text: store.name[row] || "(parent not received)",
        }),
      );
      const told = each.differs.map((name) => NAMES[name] || name).join(", ");
      at.clear(
        cells.kind,
        at.el("span", {
          class: "at-compare-sign",
          aria: { hidden: "true" },
          text: SIGNS[each.kind],
        }),
        at.el("span", { text: KINDS[each.kind] }),
        told ? at.el("span", { class: "at-muted", text: told, title: told }) : null,
      );
      cells.a.textContent = each.a < 0 ? "" : at.format.duration(ofA);
      cells.b.textContent = each.b < 0 ? "" : at.format.duration(ofB);
      cells.delta.textContent = difference(ofA, ofB);
      at.clear(cells.bars, bar(a, each.a, extentA, "a"), bar(b, each.b, extentB, "b"));
    }

    const grid = new at.Grid({
      head: at.el(
        "div",
        { class: "at-compare-row at-compare-head", role: "row" },
        COLUMNS.map((text) => at.el("div", { class: "at-cell", role: "columnheader", text })),
      ),
      label: "Spans of both traces",
      make: line,
      fill,
      keyOf: (value) => value,
      scrolled() {},
    });

    function select(value) {
      if (value === undefined || value === here) return;
      here = value;
      grid.draw();
      const place = shown.indexOf(value);
      if (place >= 0) grid.nudge(place);
      grid.setActive(value);
      chosen(lines[value]);
    }
    grid.node.addEventListener("click", (event) => {
      const row = event.target.closest(".at-compare-row[data-value]");
      if (row) select(Number(row.dataset.value));
    });
    grid.node.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1, PageDown: 20, PageUp: -20 }[event.key];
      const end = { Home: 0, End: shown.length - 1 }[event.key];
      if ((!step && end === undefined) || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const place = end ?? shown.indexOf(here) + step;
      select(shown[Math.max(0, Math.min(shown.length - 1, place))]);
    });
    const resized = new ResizeObserver(() => grid.paint());
    resized.observe(grid.node);
    return {
      node: grid.node,
      select,
      get here() {
        return here;
      },
      destroy: () => resized.disconnect(),
      /** Show ``all`` lines, or only those that differ. */
      set(all, onlyDifferent) {
        lines = all;
        const wanted = [];
        all.forEach((each, place) => {
          if (!onlyDifferent || each.kind !== "same") wanted.push(place);
        });
        shown = Int32Array.from(wanted);
        grid.node.style.setProperty("--at-lines", String(shown.length));
        grid.set(shown, (value) => shown.indexOf(value));
        grid.paint();
      },
      next(step) {
        const places = [...shown].filter((value) => lines[value].kind !== "same");
        if (!places.length) return;
        const after = step > 0 ? places.find((v) => v > here) : places.findLast((v) => v < here);
        select(after ?? (step > 0 ? places[0] : places.at(-1)));
      },
    };
  };
})();
