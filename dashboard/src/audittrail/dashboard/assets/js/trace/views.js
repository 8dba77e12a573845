/** The four views of a trace: each is built when its tab is first opened, and kept. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const NAMES = ["spans", "dag", "timeline", "sankey"];
  const LABELS = { spans: "Spans", dag: "DAG", timeline: "Timeline", sankey: "Sankey" };

  /** The tab list and its panels; ``{tabs, panels, open(name), destroy()}``. */
  at.trace ??= {};
  at.trace.createViews = (store) => {
    const built = new Map();
    let current = null;
    const tabs = at.el("div", { class: "at-tabs", role: "tablist", aria: { label: "Views" } });
    const panels = at.el("div", { class: "at-panels" });
    const removers = [];
    const parts = new Map(
      NAMES.map((name, place) => {
        const tab = at.el(
          "button",
          {
            type: "button",
            id: `at-tab-${name}`,
            class: "at-tab",
            role: "tab",
            title: `${LABELS[name]} (${place + 1})`,
            aria: { controls: `at-panel-${name}`, selected: "false" },
            tabindex: "-1",
            on: { click: () => open(name, true), keydown: onKey },
          },
          LABELS[name],
        );
        const panel = at.el("div", {
          id: `at-panel-${name}`,
          class: "at-panel",
          role: "tabpanel",
          aria: { labelledby: `at-tab-${name}` },
          hidden: true,
        });
        tabs.append(tab);
        panels.append(panel);
        removers.push(
          at.keys.add({
            keys: String(place + 1),
            label: LABELS[name],
            group: "Trace",
            run: () => open(name, true),
          }),
        );
        return [name, { tab, panel }];
      }),
    );

    function onKey(event) {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      const next = NAMES[(NAMES.indexOf(current) + step + NAMES.length) % NAMES.length];
      open(next, true);
      parts.get(next).tab.focus();
    }

    function open(name, byUser = false) {
      const wanted = parts.has(name) ? name : "spans";
      if (wanted === current) return;
      if (current) {
        const before = parts.get(current);
        before.tab.setAttribute("aria-selected", "false");
        before.tab.tabIndex = -1;
        // First, while it still knows where it is scrolled to.
        if (built.has(current)) built.get(current).hidden();
        before.panel.hidden = true;
      }
      current = wanted;
      const { tab, panel } = parts.get(wanted);
      tab.setAttribute("aria-selected", "true");
      tab.tabIndex = 0;
      panel.hidden = false;
      if (byUser) at.url.set({ tab: wanted === "spans" ? null : wanted }, { push: true });
      if (!built.has(wanted) && at.views.has(wanted)) {
        built.set(wanted, at.views.get(wanted).build(panel, store));
      }
      if (built.has(wanted)) built.get(wanted).shown();
    }

    return {
      tabs,
      panels,
      open,
      get current() {
        return current;
      },
      /** What the view in front does with a key; undefined if nothing. */
      key(name) {
        const view = built.get(current);
        return view && view.key ? view.key(name) : undefined;
      },
      destroy() {
        for (const remove of removers) remove();
        for (const view of built.values()) view.destroy();
      },
    };
  };
})();
