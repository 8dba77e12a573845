/** The Spans view: the trace as a tree of lines with its figures. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const VIEW = "spans";
  const ROW = 28;
  const STACKED_ROW = 44;
  const STACKED_BELOW = 560;
  const NAME_KEY = "audittrail.spans.name";
  const [NAME_LEAST, NAME_MOST, NAME_FIRST] = [160, 900, 380];

  const isRun = (value) => value <= -2;
  const runNumber = (value) => -(value + 2);

  function heads(run) {
    return at.spans.COLUMNS.map(({ key, label }) =>
      at.el(
        "div",
        { class: `at-cell at-cell-${key}`, role: "columnheader", aria: { sort: "none" }, data: { column: key } },
        at.el("button", { type: "button", class: "at-head", title: `Sort by ${label.toLowerCase()}`, tabindex: "-1",
          on: { click: () => run(key) } }, label),
      ),
    );
  }

  /** A handle that makes the column of names wider or narrower. */
  function resizer(root) {
    let width = Number(localStorage.getItem(NAME_KEY)) || NAME_FIRST;
    const node = at.el("div", {
      class: "at-resizer",
      role: "separator",
      tabindex: "0",
      title: "Drag to resize the names",
      aria: { orientation: "vertical", label: "Width of the names", valuemin: NAME_LEAST, valuemax: NAME_MOST },
    });
    function set(next) {
      width = Math.round(Math.max(NAME_LEAST, Math.min(NAME_MOST, next)));
      root.style.setProperty("--at-name-width", `${width}px`);
      node.setAttribute("aria-valuenow", String(width));
    }
    function keep(next) {
      set(next);
      localStorage.setItem(NAME_KEY, String(width));
    }
    node.addEventListener("pointerdown", (event) => {
      const [from, before] = [event.clientX, width];
      node.setPointerCapture(event.pointerId);
      const move = (moved) => set(before + moved.clientX - from);
      node.addEventListener("pointermove", move);
      node.addEventListener("lostpointercapture", () => {
        node.removeEventListener("pointermove", move);
        keep(width);
      }, { once: true });
      event.preventDefault();
    });
    node.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -20, ArrowRight: 20 }[event.key];
      if (!step) return;
      keep(width + step);
      event.preventDefault();
      event.stopPropagation();
    });
    node.addEventListener("dblclick", () => keep(NAME_FIRST));
    set(width);
    return node;
  }

  function build(root, store) {
    let sort = null;
    let places = null; // where each row is among the values
    let runs = new Map(); // those among the values
    let selectedThen = -1;
    let visible = false;
    let stale = true;
    let followed = -1;
    let extent = store.extent();

    const head = at.el("div", { class: "at-spans-head", role: "row", aria: { rowindex: "1" } }, heads(setSort));
    const grid = new at.Grid({
      head,
      label: "Spans of the trace",
      make: at.spansRow.make,
      keyOf: (value) => (isRun(value) ? runs.get(value).key : value),
      fill(line, value) {
        if (isRun(value)) at.spansRow.fillRun(line, store, runs.get(value), { extent });
        else at.spansRow.fillSpan(line, store, value, { flat: Boolean(sort), extent });
      },
      scrolled: () => store.setFollowing(false),
    });
    const sortedWords = at.el("span", {});
    const sortedBar = at.el(
      "div",
      { class: "at-spans-bar", hidden: true },
      sortedWords,
      at.button({ label: "Back to tree", run: () => setSort(null) }),
    );
    const foot = at.el("div", { class: "at-spans-foot", role: "status" });
    const view = at.el("div", { class: "at-spans" }, sortedBar, grid.node, foot);
    head.firstChild.append(resizer(view));
    root.append(view);

    function setSort(key) {
      sort = key === null ? null : at.spans.nextSort(sort, key);
      for (const cell of head.querySelectorAll("[data-column]")) {
        const mine = sort && sort.key === cell.dataset.column;
        cell.setAttribute("aria-sort", mine ? (sort.down ? "descending" : "ascending") : "none");
      }
      sortedBar.hidden = !sort;
      if (sort) sortedWords.textContent = `Sorted by ${sort.key}.`;
      grid.scrollTo(0);
      refresh();
      if (!sort) scrollToSelected();
    }

    function values() {
      return sort ? at.spans.sorted(store, sort) : store.visible();
    }

    function placesOf(of) {
      const of_ = { rows: new Int32Array(store.count).fill(-1), runs: new Map() };
      of.forEach((value, place) => {
        if (isRun(value)) of_.runs.set(store.run(runNumber(value)).key, place);
        else of_.rows[value] = place;
      });
      return of_;
    }

    /** Where a span stands, or else what it is folded into. */
    function placeOf(row) {
      if (places.rows[row] >= 0) return places.rows[row];
      const run = store.runOf(row);
      if (run && places.runs.has(run.key)) return places.runs.get(run.key);
      for (const up of store.ancestors(row)) if (places.rows[up] >= 0) return places.rows[up];
      return -1;
    }

    function refresh() {
      if (!visible) {
        stale = true;
        return;
      }
      stale = false;
      extent = store.extent();
      const next = values();
      const before = runs;
      places = placesOf(next);
      // As they are now: a number may be another run's before this is drawn again.
      runs = new Map([...next.filter(isRun)].map((value) => [value, store.run(runNumber(value))]));
      grid.set(next, (value) =>
        isRun(value) ? (places.runs.get(before.get(value)?.key) ?? -1) : placeOf(value),
      );
      setWords();
      markActive();
    }

    function setWords() {
      const { count, plural } = at.format;
      const all = store.columns.spans;
      let shown = 0;
      for (const value of grid.values) if (!isRun(value) && !store.ghost[value]) shown += 1;
      const internal = store.internalShown ? 0 : store.internalCount;
      const rest = all - shown - internal;
      const parts = [];
      if (all === 1) parts.push("One span so far");
      else if (!rest && !internal) parts.push(plural(all, "span"));
      else if (store.filtering && store.findText) {
        parts.push(`${count(shown)} of ${plural(all, "span")}; the filter leaves out ${count(rest)}`);
      } else {
        const where = [rest && `${count(rest)} in closed groups`, internal && `${count(internal)} internal`];
        parts.push(`${count(shown)} of ${plural(all, "span")}; ${where.filter(Boolean).join(", ")}`);
      }
      if (store.findText) parts.push(plural(store.hits.length, "hit"));
      foot.textContent = parts.join(". ");
    }

    function markActive() {
      const run = store.cursor !== null ? places.runs.get(store.cursor) : undefined;
      if (run !== undefined) grid.setActive(grid.values[run]);
      else grid.setActive(store.selected >= 0 && places.rows[store.selected] >= 0 ? store.selected : null);
    }

    function scrollToSelected() {
      if (!visible || store.selected < 0 || store.isFiltered(store.selected)) return;
      const place = placeOf(store.selected);
      if (place >= 0) grid.reveal(place);
    }

    function follow() {
      if (!visible || !store.following || sort) return;
      const newest = store.newest();
      if (newest < 0 || newest === followed) return;
      followed = newest;
      const place = placeOf(newest);
      if (place >= 0) grid.reveal(place, "last");
    }

    const refreshSoon = at.perFrame(() => {
      refresh();
      follow();
    });

    function valueAt(event) {
      const line = event.target.closest("[data-value]");
      return line ? Number(line.dataset.value) : null;
    }
    grid.body.addEventListener("click", (event) => {
      const value = valueAt(event);
      if (value === null) return;
      if (isRun(value)) {
        const { key } = runs.get(value);
        store.setCursor(key);
        store.toggleRun(key);
      } else if (event.target.closest(".at-spans-fold") && store.hasChildren(value) && !sort) {
        if (!store.filtering) store.toggle(value);
      } else store.select(value, { from: VIEW, again: true });
    });
    grid.body.addEventListener("dblclick", (event) => {
      const value = valueAt(event);
      if (value !== null && !isRun(value) && !event.target.closest(".at-spans-fold") &&
          store.hasChildren(value) && !sort && !store.filtering) store.toggle(value);
    });
    grid.body.addEventListener("pointerover", (event) => {
      const value = valueAt(event);
      store.hover(value !== null && !isRun(value) ? value : -1);
    });
    grid.body.addEventListener("pointerleave", () => store.hover(-1));

    const rows = at.trace.mover(store, () => grid.values, VIEW);
    const moved = (run) => () => {
      const answer = run();
      const place = rows.here();
      if (place >= 0) grid.nudge(place);
      return answer;
    };
    const KEYS = {
      down: moved(() => rows.move(1)),
      up: moved(() => rows.move(-1)),
      left: moved(() => void (sort ? null : rows.left())),
      right: moved(() => void (sort ? null : rows.right())),
      enter: () => rows.enter(),
    };

    const offs = [
      store.on("changed", refreshSoon),
      store.on("folded", refresh),
      store.on("find", () => {
        if (sort) refresh();
        else {
          grid.paint();
          setWords();
        }
      }),
      store.on("selected", ({ from }) => {
        if (!visible || stale) return;
        setWords();
        if (from !== VIEW) scrollToSelected();
        grid.draw();
        markActive();
      }),
      store.on("cursor", () => {
        grid.draw();
        markActive();
      }),
      store.on("hover", grid.paint),
      store.on("range", grid.paint),
      store.on("summary", grid.paint),
      store.on("tick", () => {
        extent = store.extent();
        grid.paint();
      }),
      store.on("follow", () => {
        followed = -1;
        follow();
      }),
    ];
    const sizes = new ResizeObserver(() => {
      if (!view.clientWidth) return;
      const stacked = view.clientWidth < STACKED_BELOW;
      view.classList.toggle("at-spans-stacked", stacked);
      grid.setHeight(stacked ? STACKED_ROW : ROW);
      grid.paint();
    });
    sizes.observe(view);
    let top = 0;

    return {
      shown() {
        const first = !places;
        visible = true;
        const stacked = view.clientWidth < STACKED_BELOW;
        view.classList.toggle("at-spans-stacked", stacked);
        grid.setHeight(stacked ? STACKED_ROW : ROW);
        if (!first) grid.scrollTo(top);
        if (stale) refresh();
        else grid.draw();
        if (first || store.selected !== selectedThen) scrollToSelected();
        follow();
      },
      hidden() {
        top = grid.node.scrollTop;
        selectedThen = store.selected;
        visible = false;
      },
      key: (name) => (KEYS[name] ? KEYS[name]() ?? true : undefined),
      destroy() {
        for (const off of offs) off();
        sizes.disconnect();
      },
    };
  }

  at.views.define(VIEW, { build });
})();
