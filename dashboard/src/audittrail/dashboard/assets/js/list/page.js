/** The page of all traces. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;
  const KEPT = "audittrail.list";
  const NARROW = 700;
  const SLOW_MS = 3000;

  function mount(root) {
    document.title = "Traces - AuditTrail";
    const ticked = new Set();
    let active = -1; // row, not place
    let onboarding = null;
    let slowTimer = 0;
    const bar = at.list.createFilterBar(
      () => reload(),
      () => source.order.map((row) => source.rows[row]),
    );
    const histogram = at.list.createHistogram((since, until) => bar.set({ from: since, to: until }));
    const head = at.list.row.head(sortBy);
    const grid = new at.Grid({
      head,
      role: "grid",
      height: 44,
      label: "Traces",
      make: (id) => at.list.row.make(id, { tick, open }),
      fill: (line, row) =>
        at.list.row.fill(line, source.rows[row], {
          ticked: ticked.has(row),
          active: row === active,
          now: Date.now(),
        }),
      keyOf: (row) => row,
      scrolled: () => onScroll(),
    });
    const pill = at.button({ label: "New traces", kind: "primary", run: showWaiting });
    pill.classList.add("at-list-pill");
    const compare = at.button({ label: "Compare", kind: "plain", run: goCompare });
    const foot = el("div", { class: "at-list-foot" });
    const message = el("div", { class: "at-list-message", role: "status" });
    const title = el("h1", { text: "Traces" });
    const tools = el("div", { class: "at-list-tools" }, title, pill, el("span", { class: "at-header-fill" }), compare);
    const body = el("div", { class: "at-list" }, grid.node, message, foot);
    root.classList.add("at-page-full");
    at.clear(root, tools, bar.node, histogram.node, body);

    const source = at.list.createSource(() => bar.query());
    source.atTop = () => grid.node.scrollTop < 2 && !grid.node.contains(document.activeElement);

    function reload() {
      grid.scrollTo(0);
      active = -1;
      source.load();
      histogram.load(bar.query());
    }

    function showWaiting() {
      grid.scrollTo(0);
      source.showWaiting();
    }

    function sortBy(key) {
      const [now, order] = (at.url.get("sort") || "start_time").split(".");
      const next = now === key && order !== "asc" ? `${key}.asc` : key;
      bar.set({ sort: next === "start_time" ? null : next });
    }

    function tick(row) {
      if (ticked.has(row)) ticked.delete(row);
      else ticked.add(row);
      if (ticked.size > 2) ticked.delete(ticked.values().next().value);
      showTools();
      grid.draw();
    }

    function goCompare() {
      if (ticked.size !== 2) return;
      const [a, b] = [...ticked].map((row) => source.rows[row].trace_id);
      at.go(`/compare?a=${a}&b=${b}`);
    }

    function open(row) {
      const ids = source.order.slice(0, 1000).map((each) => source.rows[each].trace_id);
      sessionStorage.setItem(KEPT, JSON.stringify({ query: location.search, ids }));
      at.go(`/traces/${source.rows[row].trace_id}`);
    }

    function onScroll() {
      const left = grid.node.scrollHeight - grid.node.scrollTop - grid.node.clientHeight;
      if (left < 1500) source.more();
    }

    function move(step) {
      if (!source.order.length) return;
      const here = source.order.indexOf(active);
      const next = here < 0 ? 0 : Math.max(0, Math.min(here + step, source.order.length - 1));
      active = source.order[next];
      grid.nudge(next);
      grid.draw();
      grid.setActive(active);
      if (next > source.order.length - 30) source.more();
      if (document.activeElement !== grid.node) grid.node.focus({ preventScroll: true });
    }

    function showTools() {
      const waiting = source.waiting;
      pill.hidden = !waiting;
      pill.querySelector("span").textContent = `${at.format.plural(waiting, "new trace")} - show`;
      compare.disabled = ticked.size !== 2;
      compare.title = ticked.size === 2 ? "" : "Tick two traces to compare them (Space)";
      compare.querySelector("span").textContent = ticked.size ? `Compare (${ticked.size})` : "Compare";
      const [key, order] = (at.url.get("sort") || "start_time").split(".");
      for (const cell of head.children) {
        const mine = cell.dataset.sort === key;
        if (mine) cell.setAttribute("aria-sort", order === "asc" ? "ascending" : "descending");
        else cell.removeAttribute("aria-sort");
      }
    }

    function failedWords() {
      const { status = 0, message: said = "", request = null } = source.error || {};
      const which = request ? `${status}, request ${request}` : String(status);
      const text = `The server could not answer (${which}). Your data is safe.`;
      return [
        el("p", { text }),
        at.button({ label: "Retry", kind: "primary", run: reload }),
        at.copyButton(() => `${text} ${said} ${location.href}`, "Details", "Copy details"),
      ];
    }

    function emptyWords() {
      const ranged = at.url.get("from") || at.url.get("to");
      return [
        el("p", { text: "No traces match this filter." }),
        at.button({ label: "Clear filter", kind: "primary", run: () => bar.clear() }),
        ranged
          ? at.button({ label: "Search all time", run: () => bar.set({ from: null, to: null }) })
          : null,
      ];
    }

    function slowWords() {
      const began = Date.now();
      const words = el("p", {});
      const cancel = at.button({ label: "Cancel", run: () => bar.clear() });
      clearInterval(slowTimer);
      slowTimer = setInterval(() => {
        const seconds = Math.round((Date.now() - began) / 1000);
        if (source.state !== "loading") {
          clearInterval(slowTimer);
          return;
        }
        if (Date.now() - began < SLOW_MS) return;
        words.textContent = `Still searching (${seconds} s)...`;
        if (!words.isConnected) at.clear(message, words, cancel);
        message.hidden = false;
      }, 1000);
    }

    function showState() {
      showTools();
      const { state, order } = source;
      const none = state === "ready" && !order.length;
      const never = Boolean(onboarding) || (none && source.everything());
      body.setAttribute("aria-busy", String(state === "loading"));
      if (state === "loading") slowWords();
      if (state === "failed") at.clear(message, failedWords());
      else if (none && !never) at.clear(message, emptyWords());
      message.hidden = !(state === "failed" || (none && !never));
      grid.node.hidden = state === "failed" || none || never;
      foot.hidden = grid.node.hidden;
      bar.node.hidden = never;
      histogram.node.hidden = never || state === "failed";
      compare.hidden = never;
      if (never && !onboarding && at.onboarding?.build) {
        const place = el("div", {});
        body.append(place);
        onboarding = { place, part: at.onboarding.build(place) };
      }
      foot.textContent = source.full
        ? "5,000 rows loaded. Narrow the filter to see the rest."
        : source.complete
          ? at.format.plural(order.length, "trace")
          : `${at.format.plural(order.length, "trace")} loaded. Scroll for more.`;
    }

    // The card says what arrived; the list is there when its reader asks for it.
    function tellOnboarding() {
      if (onboarding && source.order.length) {
        onboarding.part.arrived(source.rows[source.order[0]]);
      }
    }

    source.on("state", showState);
    source.on("fault", (error) => {
      bar.told(error);
      showState();
    });
    source.on("changed", ({ from }) => {
      tellOnboarding();
      const places = new Map(source.order.map((row, place) => [row, place]));
      grid.set(Int32Array.from(source.order), (row) => places.get(row) ?? -1);
      showState();
      if (from === "arrived") histogram.load(bar.query());
    });

    const group = "Trace list";
    const keys = [
      { keys: ["ArrowDown", "j"], label: "Next trace", run: () => move(1) },
      { keys: ["ArrowUp", "k"], label: "Previous trace", run: () => move(-1) },
      { keys: "Enter", label: "Open the trace", when: onRow, run: () => open(active) },
      { keys: "Space", label: "Choose for comparing", when: onRow, run: () => tick(active) },
      { keys: "/", label: "Filter", run: () => bar.input.focus() },
    ].map((entry) => at.keys.add({ group, ...entry }));
    function onRow() {
      return active >= 0 && document.activeElement === grid.node;
    }

    grid.node.addEventListener("focus", () => {
      if (active < 0 && grid.node.matches(":focus-visible")) move(0);
    });
    const width = new ResizeObserver(() => {
      const narrow = body.clientWidth < NARROW;
      body.classList.toggle("at-list-narrow", narrow);
      grid.setHeight(narrow ? 76 : 44);
      grid.draw();
    });
    width.observe(body);
    const ticking = setInterval(() => {
      if (source.order.some((row) => source.rows[row].status === "running")) grid.paint();
    }, 1000);
    const offUrl = at.url.on(() => {
      bar.show();
      reload();
    });
    reload();
    return () => {
      source.close();
      width.disconnect();
      clearInterval(ticking);
      clearInterval(slowTimer);
      offUrl();
      for (const remove of keys) remove();
      onboarding?.part.destroy();
    };
  }

  at.pages.define("traces", { mount });
})();
