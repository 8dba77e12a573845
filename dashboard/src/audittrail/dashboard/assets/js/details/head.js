/** What stands above the details of every type of span: its name, path, status and times. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  at.details ??= {};
  /**
   * Nothing that may have the focus is built anew while the span changes.
   * @returns {{title, crumbs, line, show: function(number), tick: function()}}
   */
  at.details.head = (store) => {
    const title = at.el("h2", { class: "at-details-title", tabindex: "-1" });
    const crumbs = at.el("nav", {
      class: "at-details-crumbs",
      aria: { label: "Path of the span" },
    });
    const told = at.el("span", { class: "at-details-told" });
    const clock = at.el("span", { class: "at-number" });
    const id = at.el("span", { class: "at-mono" });
    const line = at.el(
      "div",
      { class: "at-details-line" },
      told,
      at.el("span", { class: "at-details-id" }, id, at.copyButton(() => store.id[row], "Id")),
    );
    let row = -1;
    let path = null;

    const typeOf = (at_) => at.details.short(store.rawType[at_] || at.typeLabel(store.type[at_]));

    function show(next) {
      row = next;
      const type = store.type[row];
      at.clear(
        title,
        at.typeIcon(type),
        at.el("span", { text: at.details.short(store.name[row] || "(no name)", 400) }),
      );
      const open = store.live ? "running" : "incomplete";
      const status = store.running[row] ? open : store.status[row];
      at.clear(
        told,
        at.el("span", { class: "at-muted", text: typeOf(row) }),
        at.badge.status(status),
        clock,
        at.el("span", {
          class: "at-muted at-number",
          text: `starts +${at.format.duration(store.start[row])}`,
          title: "After the start of the trace",
        }),
        at.clock.node(store.baseMs + store.start[row], "millis"),
      );
      id.textContent = store.id[row].slice(0, 8);
      id.title = store.id[row];
      showPath();
      tick();
    }

    function showPath() {
      const up = store.ancestors(row).filter((each) => !store.ghost[each]).reverse();
      const names = [row, ...up].map((each) => `${each} ${store.name[each]}`).join("\n");
      if (names === path) return;
      path = names;
      const far = up.length > 4 ? [...up.slice(0, 1), -1, ...up.slice(-2)] : up;
      at.clear(
        crumbs,
        far.map((each) =>
          each < 0
            ? at.el("span", { text: "..." })
            : at.el("button", {
                type: "button",
                text: at.details.short(store.name[each]),
                title: at.details.short(store.name[each]),
                on: { click: () => store.select(each, { from: "details" }) },
              }),
        ),
        at.el("span", { text: at.details.short(store.name[row]) }),
      );
      crumbs.hidden = !up.length;
    }

    function tick() {
      if (row < 0) return;
      const end = store.running[row] && store.live ? store.now() : store.end[row];
      clock.textContent = at.format.duration(end - store.start[row]);
    }

    return { title, crumbs, line, show, tick };
  };
})();
