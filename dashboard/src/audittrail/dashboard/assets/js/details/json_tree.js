/** JSON as a tree that builds what is opened, 200 children at a step. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const STEP = 200;
  const LEAF_SHOWN = 400;

  function summary(value) {
    const list = Array.isArray(value);
    const many = list ? value.length : Object.keys(value).length;
    return list ? `[${at.format.plural(many, "item")}]` : `{${at.format.plural(many, "key")}}`;
  }

  function leaf(value, how) {
    if (typeof value !== "string") {
      const kind = value === null ? "null" : typeof value;
      return at.el("span", { class: `at-json-${kind}`, text: String(value) });
    }
    const known = at.details.dataUrlChip(value);
    if (known) return known;
    if (value.length <= LEAF_SHOWN && value.split("\n", 6).length < 6) {
      return at.el("span", { class: "at-json-string", text: value });
    }
    return at.details.textBlock(value, how);
  }

  function branch(name, value, how, level) {
    const key = `tree:${how.key || ""}`;
    const state = how.state || new Map();
    const open = state.get(key) ?? level === 0;
    const children = at.el("div", { class: "at-json-children", hidden: !open });
    const button = at.el(
      "button",
      { type: "button", class: "at-json-key", aria: { expanded: open }, on: { click: toggle } },
      at.icon("chevron-right"),
      name === null ? null : at.el("span", { text: at.details.short(name) }),
      at.el("span", { class: "at-muted", text: summary(value) }),
    );
    let built = 0;
    const entries = Array.isArray(value)
      ? { length: value.length, at: (place) => [String(place), value[place]] }
      : ((all) => ({ length: all.length, at: (place) => all[place] }))(Object.entries(value));

    function build() {
      const last = Math.min(entries.length, built + STEP);
      const more = children.querySelector(":scope > .at-more");
      if (more) more.remove();
      for (; built < last; built += 1) {
        const [inner, held] = entries.at(built);
        children.append(node(inner, held, { ...how, key: `${how.key || ""}/${inner}` }, level + 1));
      }
      if (built === entries.length) return;
      const left = entries.length - built;
      children.append(
        at.el("button", {
          type: "button",
          class: "at-more",
          text: `Show ${at.format.count(Math.min(STEP, left))} more of ${at.format.count(left)}`,
          on: { click: build },
        }),
      );
    }
    function toggle() {
      const next = children.hidden;
      children.hidden = !next;
      button.setAttribute("aria-expanded", String(next));
      state.set(key, next);
      if (next && !built) build();
    }
    if (open) build();
    return at.el("div", { class: "at-json-branch" }, button, children);
  }

  function node(name, value, how, level) {
    if (value !== null && typeof value === "object") {
      if (typeof value.bytesValue === "string") {
        return row(name, at.details.bytesChip(value.bytesValue));
      }
      if (Object.keys(value).length) return branch(name, value, how, level);
      const text = Array.isArray(value) ? "[]" : "{}";
      return row(name, at.el("span", { class: "at-muted", text }));
    }
    return row(name, leaf(value, { ...how, name }));
  }

  function row(name, held) {
    const label = at.details.short(name);
    const key = name === null ? null : at.el("span", { class: "at-json-name", text: `${label}:` });
    return at.el("div", { class: "at-json-row" }, key, " ", held);
  }

  at.details ??= {};
  /**
   * @param {*} value
   * @param {{state?: Map, key?: string}} [how] ``state`` keeps what is open.
   */
  at.details.jsonTree = (value, how = {}) =>
    at.el("div", { class: "at-json" }, node(null, value, how, 0));
})();
