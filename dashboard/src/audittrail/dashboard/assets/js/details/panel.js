/** The details of the selected span: a panel beside the views, above them on small screens. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const AGAIN_MS = 200;
  const TABS = ["overview", "attributes", "raw", "versions"];
  const LABELS = {
    overview: "Overview",
    attributes: "Attributes",
    raw: "Raw",
    versions: "Versions",
  };

  function build(root, store) {
    const head = at.details.head(store);
    const actions = at.el(
      "div",
      { class: "at-details-actions" },
      at.details.actions(store, () => data && data.span),
    );
    const note = at.el("div", { class: "at-details-note" });
    const tablist = at.el("div", { class: "at-tabs", role: "tablist", aria: { label: "Details" } });
    const panel = at.el("div", {
      class: "at-details-body",
      role: "tabpanel",
      id: "at-details-panel",
    });
    const sections = at.details.sections(panel);
    let row = -1;
    let data = null;
    let tab = "overview";
    let state = new Map();
    let turn = 0;
    let before = null;
    let stale = false;

    const close = at.button({
      icon: "close",
      kind: "quiet",
      title: "Close details",
      keys: "Esc",
      run: () => store.select(-1, { from: "details" }),
    });
    const tabs = TABS.map((name) =>
      at.el("button", {
        type: "button",
        class: "at-tab",
        role: "tab",
        id: `at-details-tab-${name}`,
        aria: { controls: "at-details-panel" },
        on: { click: () => open(name), keydown: onTabKey },
      }),
    );
    tablist.append(...tabs);
    at.clear(
      root,
      at.details.resizer(root),
      at.el(
        "div",
        { class: "at-details-head" },
        at.el("div", { class: "at-details-top" }, head.title, actions, close),
        head.crumbs,
        head.line,
        note,
        tablist,
      ),
      panel,
    );
    root.setAttribute("aria-label", "Details of the selected span");

    function onTabKey(event) {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      const next = (TABS.indexOf(tab) + step + TABS.length) % TABS.length;
      open(TABS[next]);
      tabs[next].focus();
    }

    function open(name) {
      tab = name;
      showTab(true);
    }

    function showTab(fresh) {
      TABS.forEach((name, place) => {
        const many =
          name === "versions" && data && data.span.received_versions
            ? ` (${data.span.received_versions.length})`
            : "";
        tabs[place].textContent = LABELS[name] + many;
        tabs[place].setAttribute("aria-selected", String(name === tab));
        tabs[place].tabIndex = name === tab ? 0 : -1;
      });
      panel.setAttribute("aria-labelledby", `at-details-tab-${tab}`);
      if (!data) return;
      if (fresh) {
        sections.clear();
        at.clear(panel);
        panel.scrollTop = 0;
      }
      if (tab === "overview") {
        sections.show(at.details.overview(store, row, data), store.type[row], state);
        return;
      }
      const made = { attributes: "attributesTab", raw: "rawTab", versions: "versionsTab" }[tab];
      const top = panel.scrollTop;
      const held = panel.contains(document.activeElement) ? document.activeElement : null;
      const height = fresh || tab !== "raw" ? 0 : panel.firstElementChild?.offsetHeight;
      const node = at.details[made](data.span, state);
      node.style.setProperty("min-height", `${height || 0}px`);
      at.clear(panel, node);
      panel.scrollTop = top;
      if (!held) return;
      const field = held.matches("input") ? panel.querySelector("input") : null;
      (field || tabs[TABS.indexOf(tab)]).focus();
      if (field) field.setSelectionRange(held.selectionStart, held.selectionEnd);
    }

    async function load(isNew) {
      const mine = (turn += 1);
      const wanted = row;
      let found;
      try {
        found = await at.details.gather(store, wanted);
      } catch (error) {
        if (mine !== turn) return;
        // Of the span before, nothing may stay below this one's name.
        if (isNew) {
          sections.clear();
          at.clear(panel);
        }
        at.clear(note, at.failure(error, () => load(isNew)));
        root.setAttribute("aria-busy", "false");
        return;
      }
      if (mine !== turn || row !== wanted) return;
      const same = !isNew && data && JSON.stringify(found) === JSON.stringify(data);
      data = found;
      at.clear(note);
      if (same) return;
      actions.hidden = false;
      showTab(isNew);
      root.setAttribute("aria-busy", "false");
    }

    function show(next) {
      const isNew = next !== row;
      row = next;
      if (row < 0) {
        turn += 1;
        data = null;
        if (!root.hidden) leave();
        root.hidden = true;
        return;
      }
      root.hidden = false;
      head.show(row);
      if (!isNew) return;
      at.clear(note);
      if (store.ghost[row]) {
        turn += 1;
        data = null;
        showGhost();
        return;
      }
      state = new Map();
      data = null;
      // What stood here stays until the new is there, so that nothing flickers.
      root.setAttribute("aria-busy", "true");
      load(true);
    }

    function showGhost() {
      sections.clear();
      const words =
        store.ghost[row] === 2
          ? "The caller of this trace, in another service. Its span was not sent here."
          : "The parent of these spans has not been received. It appears here when it arrives.";
      at.clear(panel, at.el("p", { class: "at-note", text: words }));
      actions.hidden = true;
      root.setAttribute("aria-busy", "false");
    }

    const again = at.debounced(() => {
      if (row >= 0 && !store.ghost[row]) load(false);
    }, AGAIN_MS);

    function onChanged({ rows, structure }) {
      if (row < 0) return;
      const own = !rows || rows.includes(row);
      if (own || structure) head.show(row);
      if (!own) {
        stale = stale || ["agent", "step"].includes(store.type[row]);
        return;
      }
      if (!data && !store.ghost[row]) load(true);
      else again();
    }

    function focus() {
      if (row < 0) return;
      if (!root.contains(document.activeElement)) before = document.activeElement;
      head.title.focus();
    }

    // Back to where the reader came from, or else to the view.
    function leave() {
      const here = document.activeElement;
      if (here && here !== document.body && !root.contains(here)) return;
      const view = document.querySelector(".at-panel:not([hidden]) [tabindex='0']");
      const back = before instanceof HTMLElement && before.isConnected && before !== document.body;
      if (back) before.focus();
      else if (view) view.focus();
      before = null;
    }

    function onSelected({ row: next, from }) {
      // What is selected already is chosen again with Enter: the reader wants to read it.
      if (next >= 0 && next === row && from !== "url") focus();
      else {
        const opens = root.hidden && next >= 0;
        show(next);
        // A sheet covers what had the focus.
        if (opens && from !== "url" && matchMedia("(max-width: 767px)").matches) focus();
      }
    }

    const removers = [
      store.on("selected", onSelected),
      store.on("changed", onChanged),
      store.on("state", () => show(store.selected)),
    ];
    const timer = setInterval(() => {
      if (row >= 0 && store.running[row]) head.tick();
      // What is listed of the spans below it.
      if (stale && row >= 0 && data && tab === "overview") showTab(false);
      stale = false;
    }, 1000);
    at.details.focus = focus;
    showTab(false);
    show(store.selected);
    return {
      destroy() {
        clearInterval(timer);
        for (const remove of removers) remove();
      },
    };
  }

  at.details ??= {};
  at.details.build = build;
})();
