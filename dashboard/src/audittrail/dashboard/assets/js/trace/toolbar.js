/** Beside the tabs: the find box, the range of time, the switches. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const TYPING_MS = 150;

  function findBox(store) {
    const input = at.el("input", {
      class: "at-input at-find-input",
      type: "search",
      placeholder: "find in trace...",
      aria: { label: "Find in trace", keyshortcuts: "/" },
      title: "Words, or status:error type:tool name:*search* duration:>2s has:violation (/)",
      spellcheck: "false",
      autocomplete: "off",
    });
    const count = at.el("span", { class: "at-find-count", role: "status" });
    const step = (icon, title, keys, by) => {
      const button = at.button({ icon, kind: "quiet", title, keys, run: () => store.nextHit(by) });
      return button;
    };
    const back = step("chevron-right", "Previous hit", "N", -1);
    back.classList.add("at-flip");
    const onward = step("chevron-right", "Next hit", "n", 1);
    const filter = at.button({
      icon: "filter",
      title: "Show hits only",
      pressed: false,
      run: () => store.setFilterMode(!store.filtering),
    });
    const problem = at.el("span", { class: "at-find-problem", role: "alert" });
    const look = at.debounced(() => input.value !== store.findText && store.find(input.value), TYPING_MS);
    const now = () => input.value !== store.findText && store.find(input.value);
    input.addEventListener("input", look);
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        now();
        store.nextHit(event.shiftKey ? -1 : 1);
      } else if (event.key === "Escape") {
        // Escape also closes the details; here it only leaves the box.
        if (input.value) {
          input.value = "";
          now();
        } else input.blur();
      } else return;
      event.preventDefault();
      event.stopPropagation();
    });

    function update() {
      const { hits, hitAt, findText } = store;
      if (document.activeElement !== input && input.value !== findText) input.value = findText;
      const many = at.format.count(hits.length);
      const place = hitAt < 0 ? many : `${at.format.count(hitAt + 1)} of ${many}`;
      const text = hits.length ? (hitAt < 0 ? at.format.plural(hits.length, "hit") : place) : "no hits";
      count.textContent = findText ? text : "";
      back.disabled = onward.disabled = !hits.length;
      filter.setAttribute("aria-pressed", String(store.filtering));
      problem.textContent = store.findProblem || "";
      problem.hidden = !store.findProblem;
    }
    const node = at.el("div", { class: "at-find", role: "search" },
      at.el("span", { class: "at-find-box" }, at.icon("search"), input, count), back, onward, filter, problem);
    return { node, input, update };
  }

  /** The range of time, what happened in it, and a way out of it. */
  function rangeMark(store) {
    const text = at.el("span", {});
    const node = at.el(
      "span",
      { class: "at-range", hidden: true },
      text,
      at.button({
        icon: "close",
        kind: "quiet",
        title: "Clear the range",
        run: () => store.setRange(null),
      }),
    );
    function update() {
      node.hidden = !store.range;
      if (!store.range) return;
      const [low, high] = store.range;
      const [first] = store.extent();
      const sums = at.trace.rangeSums(store, low, high);
      const { duration, plural, count } = at.format;
      text.textContent = [
        `${duration(low - first)} to ${duration(high - first)}: ${plural(sums.spans, "span")}`,
        sums.failed ? `${count(sums.failed)} failed` : null,
        sums.tokensIn === null ? null : `${count(sums.tokensIn)} in / ${count(sums.tokensOut)} out`,
        at.trace.words.cost(sums.cost, null, sums.unpriced).text,
      ].filter(Boolean).join(", ");
    }
    return { node, update };
  }

  function types(store) {
    const button = at.button({ label: "Types", title: "What the letters and colours mean", run() {} });
    const list = at.menu(button, () => {
      const counts = Object.fromEntries(at.TYPES.map((type) => [type, 0]));
      for (const row of store.order()) if (!store.ghost[row]) counts[store.type[row]] += 1;
      return at.TYPES.map((type) => ({
        label: at.el("span", { class: "at-legend" }, at.typeIcon(type), at.typeLabel(type),
          at.el("span", { class: "at-muted at-number", text: at.format.count(counts[type]) })),
        run: () => store.find(`type:${type}`),
      }));
    });
    return { button, close: () => list.close(false) };
  }

  function buildToolbar(toolbar, store) {
    const find = findBox(store);
    const range = rangeMark(store);
    const legend = types(store);
    const internal = at.trace.internalSwitch(store);
    const path = at.button({
      label: "Critical path",
      keys: "c",
      title: "Mark the spans that made the trace last as long as it did",
      pressed: false,
      run: () => store.critical(!store.criticalOn),
    });
    toolbar.append(find.node, at.el("span", { class: "at-header-fill" }), range.node, internal.node, path, legend.button);
    const ranged = at.perFrame(range.update);
    const offs = [
      store.on("find", find.update),
      store.on("changed", at.perFrame(() => (find.update(), range.update(), internal.update()))),
      store.on("range", ranged),
      store.on("critical", () => path.setAttribute("aria-pressed", String(store.criticalOn))),
    ];
    const offKey = at.keys.add({
      keys: "/",
      label: "Find in this trace",
      group: "Trace",
      run() {
        find.input.focus();
        find.input.select();
      },
    });
    find.update();
    range.update();
    internal.update();
    return {
      destroy() {
        for (const off of offs) off();
        offKey();
        legend.close();
      },
    };
  }

  at.trace ??= {};
  at.trace.buildToolbar = buildToolbar;
  /** Figures of the spans that touch a range of time (ms after the base). */
  at.trace.rangeSums = (store, low, high) => {
    const sums = { spans: 0, failed: 0, tokensIn: null, tokensOut: null, cost: null, unpriced: 0 };
    const add = (name, value) => {
      if (value !== null) sums[name] = (sums[name] || 0) + value;
    };
    for (const row of store.order()) {
      const end = store.endOf(row);
      if (store.ghost[row] || store.start[row] > high || end < low) continue;
      sums.spans += 1;
      if (store.status[row] === "error") sums.failed += 1;
      const [tokens, cost] = store.counts(row);
      if (tokens) {
        add("tokensIn", store.tokensIn[row]);
        add("tokensOut", store.tokensOut[row]);
      }
      if (cost && store.costSource[row]) {
        if (store.cost[row] === null) sums.unpriced += 1;
        else add("cost", store.cost[row]);
      }
    }
    return sums;
  };
})();
