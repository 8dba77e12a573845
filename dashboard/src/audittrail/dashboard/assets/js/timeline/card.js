/** What a bar says when it is pointed at. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const DELAY_MS = 150;

  function lines(store, entry) {
    const { format } = at;
    if (entry < -1) {
      const run = store.run(-(entry + 2));
      return [["Spans", format.count(run.rows.length)], ["Failed", format.count(run.failed)]];
    }
    const start = store.start[entry];
    const told = [];
    const [low] = store.extent();
    if (store.ghost[entry]) {
      told.push(["Id", store.id[entry]]);
    } else {
      const end = store.endOf(entry);
      told.push(
        ["Duration", store.running[entry] && store.live
          ? `${format.duration(end - start)}, running` : format.duration(end - start)],
        ["Starts", `+${format.duration(start - low)}`],
      );
    }
    if (store.model[entry]) told.push(["Model", store.model[entry]]);
    const ttft = store.ttft[entry];
    if (ttft !== null) told.push(["First token after", format.duration(ttft)]);
    if (store.tokensIn[entry] !== null || store.tokensOut[entry] !== null) {
      const [into, out] = [store.tokensIn[entry], store.tokensOut[entry]];
      told.push(["Tokens", `${format.tokens(into)} in, ${format.tokens(out)} out`]);
    }
    if (store.cost[entry] !== null) told.push(["Cost", format.cost(store.cost[entry])]);
    if (store.events[entry]) told.push(["Events", format.count(store.events[entry])]);
    if (store.violations[entry]) told.push(["Violations", format.count(store.violations[entry])]);
    if (store.hasChildren(entry)) {
      const sums = store.subtree(entry);
      const below = sums.count - (store.ghost[entry] ? 0 : 1);
      const failed = sums.failed ? `, ${format.count(sums.failed)} failed` : "";
      told.push(["Below", `${format.plural(below, "span")}${failed}`]);
    }
    const skew = at.timeline.skewOf(store, entry);
    const parent = store.parent[entry];
    if (skew < 0) {
      const by = format.duration(store.start[parent] - start);
      told.push(["Clock skew", `Starts ${by} before its parent.`]);
    } else if (skew > 0) told.push(["Outside", "Ends after its parent."]);
    return told;
  }

  function content(store, entry) {
    const row = entry < -1 ? store.run(-(entry + 2)).rows[0] : entry;
    const failed = entry >= 0 && store.status[entry] === "error";
    return [
      at.el(
        "div",
        { class: "at-timeline-card-name" },
        entry >= 0 && store.ghost[entry] ? null : at.typeIcon(store.type[row]),
        at.el("strong", { text: at.timeline.nameOf(store, entry) }),
        failed ? at.badge.status("error") : null,
      ),
      at.el(
        "dl",
        {},
        lines(store, entry).map(([name, value]) => [
          at.el("dt", { text: name }),
          at.el("dd", { text: value }),
        ]),
      ),
    ];
  }

  /** A card that follows the pointer: ``at_(entry, event)``, ``hide()``. */
  at.timeline ??= {};
  at.timeline.createCard = (store) => {
    let card = null;
    let timer = 0;
    let over = null;
    function hide() {
      clearTimeout(timer);
      if (card) card.remove();
      card = null;
      over = null;
    }
    function show(entry, x, y) {
      card = at.el(
        "div",
        { class: "at-card at-hover-card at-timeline-card", aria: { hidden: "true" } },
        content(store, entry),
      );
      document.body.append(card);
      const { offsetWidth: width, offsetHeight: height } = card;
      const top = y + 18 + height > innerHeight - 8 ? y - height - 12 : y + 18;
      card.style.setProperty("left", `${Math.max(8, Math.min(x + 12, innerWidth - width - 8))}px`);
      card.style.setProperty("top", `${Math.max(8, top)}px`);
    }
    return {
      hide,
      over(entry, event) {
        if (entry === over) return;
        hide();
        over = entry;
        const { clientX: x, clientY: y } = event;
        if (entry !== null) timer = setTimeout(() => show(entry, x, y), DELAY_MS);
      },
    };
  };
})();
