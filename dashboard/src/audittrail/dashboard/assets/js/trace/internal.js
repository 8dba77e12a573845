/** Spans of a framework's own working: left out of the tree until they are asked for. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  /**
   * The parent that each row is shown below: the nearest that is not left out.
   * @param {number[]} linked the parent of each row, -1 for none
   * @param {boolean[]} internal which rows are left out
   */
  function shownParents(linked, internal) {
    const found = new Array(linked.length);
    const known = new Uint8Array(linked.length);
    const path = [];
    for (let row = 0; row < linked.length; row += 1) {
      let up = row;
      while (up >= 0 && !known[up]) {
        path.push(up);
        up = linked[up];
        if (up >= 0 && !internal[up]) break;
      }
      let parent = up >= 0 && internal[up] ? found[up] : up;
      while (path.length) {
        const each = path.pop();
        found[each] = parent;
        known[each] = 1;
        if (!internal[each]) parent = each;
      }
    }
    return found;
  }

  /** The switch in the toolbar: ``{node, update()}``. It is there if the trace has such spans. */
  function internalSwitch(store) {
    const node = at.button({
      label: "Internals",
      title: "Show what the framework does inside: spans that are left out at first",
      pressed: false,
      run: () => store.showInternal(!store.internalShown),
    });
    const many = at.el("span", { class: "at-muted at-number" });
    node.append(many);
    return {
      node,
      update() {
        node.hidden = !store.internalCount;
        many.textContent = at.format.count(store.internalCount);
        node.setAttribute("aria-pressed", String(store.internalShown));
      },
    };
  }

  at.trace ??= {};
  Object.assign(at.trace, { shownParents, internalSwitch });
})();
