/** The keys of the trace page. Those of zooming and panning belong to the views that can. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  /**
   * Moving over shown rows with the arrow keys: spans are selected, a run of spans is only stood
   * on.
   * @param {store} store
   * @param {function(): Int32Array} shown as ``store.visible()``
   */
  function mover(store, shown = () => store.visible(), from = "keys") {
    const keyOf = (value) => (value <= -2 ? store.run(-(value + 2)).key : null);

    function here() {
      const rows = shown();
      if (store.cursor !== null) {
        const place = rows.findIndex((value) => keyOf(value) === store.cursor);
        if (place >= 0) return place;
      }
      return store.selected < 0 ? -1 : rows.indexOf(store.selected);
    }
    function standOn(value) {
      if (value <= -2) store.setCursor(keyOf(value));
      else if (value === store.selected) store.setCursor(null);
      else store.select(value, { from, push: false });
    }
    function runHere() {
      const value = shown()[here()];
      return value <= -2 ? store.run(-(value + 2)) : null;
    }

    return {
      here,
      move(step) {
        const rows = shown();
        if (!rows.length) return false;
        const place = here();
        const next = place < 0 ? (step > 0 ? 0 : rows.length - 1) : place + step;
        standOn(rows[Math.max(0, Math.min(rows.length - 1, next))]);
        return true;
      },
      /** Fold, or go to the parent. */
      left() {
        const run = runHere();
        if (run) {
          if (store.isRunOpen(run.key)) store.toggleRun(run.key);
          else standOn(run.parent);
          return;
        }
        const row = store.selected;
        if (row < 0) return;
        if (store.hasChildren(row) && store.isOpen(row) && !store.filtering) store.close(row);
        else if (store.parent[row] >= 0) standOn(store.parent[row]);
      },
      /** Unfold, or go to the first child. */
      right() {
        const run = runHere();
        if (run) {
          if (!store.isRunOpen(run.key)) store.toggleRun(run.key);
          return;
        }
        const row = store.selected;
        if (row < 0 || !store.hasChildren(row)) return;
        if (!store.isOpen(row) && !store.filtering) store.open(row);
        else this.move(1);
      },
      enter() {
        const run = runHere();
        if (run) store.toggleRun(run.key);
        else if (store.selected >= 0) store.select(store.selected, { from, again: true });
        else return false;
        return true;
      },
    };
  }

  function copyLink(store) {
    const row = store.selected;
    const link = at.url.link({ span: row >= 0 ? store.id[row] : null });
    at.copy(link, row >= 0 ? "Link to the span" : "Link to the trace");
  }

  /** A widget that has arrow keys of its own has the focus. */
  function ownArrows() {
    const focused = document.activeElement;
    return Boolean(
      focused && focused.closest("[role=tablist], [role=menu], [role=separator], [role=slider], [role=tree], .at-details, #at-nav, #at-header"),
    );
  }

  /** ``views`` may answer keys themselves (``key(name)``); returns how to take the keys away. */
  function addKeys(store, views) {
    const rows = mover(store);
    const either = (name, run) => () => {
      const answered = views.key(name);
      return answered === undefined ? run() : answered;
    };
    const atButton = () => Boolean(document.activeElement?.closest("button, a, summary"));
    const free = () => !ownArrows();
    const entries = [
      [["ArrowDown", "j"], "Next row or node", either("down", () => rows.move(1)), free],
      [["ArrowUp", "k"], "Previous row or node", either("up", () => rows.move(-1)), free],
      ["ArrowLeft", "Fold, or go to the parent", either("left", () => rows.left()), free],
      ["ArrowRight", "Unfold, or go to the first child", either("right", () => rows.right()), free],
      ["Enter", "Open details", either("enter", () => rows.enter()), () => free() && !atButton()],
      ["Escape", "Close details", () => close(store), () => store.selected >= 0],
      ["x", "Fold all", () => store.foldAll()],
      ["X", "Unfold all", () => store.unfoldAll()],
      ["n", "Next hit", () => store.nextHit(1)],
      ["N", "Previous hit", () => store.nextHit(-1)],
      ["e", "Next failed span", () => store.nextFailed(1)],
      ["E", "Previous failed span", () => store.nextFailed(-1)],
      ["v", "Next violation", () => store.nextViolation(1)],
      ["V", "Previous violation", () => store.nextViolation(-1)],
      ["c", "Critical path", () => store.critical(!store.criticalOn)],
      ["f", "Follow", () => store.live && store.setFollowing(!store.following)],
      ["y", "Copy link to the span", () => void copyLink(store)],
      ["[", "Previous trace of the list", () => void at.trace.neighbours.go(store.traceId, -1)],
      ["]", "Next trace of the list", () => void at.trace.neighbours.go(store.traceId, 1)],
    ];
    const removers = entries.map(([keys, label, run, when]) =>
      at.keys.add({ keys, label, run, when, group: "Trace" }),
    );
    return () => {
      for (const remove of removers) remove();
    };
  }

  function close(store) {
    if (document.querySelector("dialog[open], .at-menu")) return false;
    store.select(-1, { from: "keys" });
    return true;
  }

  at.trace ??= {};
  at.trace.mover = mover;
  at.trace.addKeys = addKeys;
})();
