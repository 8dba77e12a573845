/** Keyboard shortcuts: one register, dead in inputs, off by a switch, listed by "?". */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const OFF = "audittrail.shortcuts";
  const SEQUENCE_MS = 1200;
  const registered = [];
  let pending = "";
  let pendingUntil = 0;

  const NAMES = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };

  /** ``Shift+ArrowLeft``, ``Ctrl+k``, ``E`` (with its shift), ``e``. */
  function nameOf(event) {
    const letter = event.key.length === 1;
    let name = event.key === " " ? "Space" : event.key;
    if (event.shiftKey && !letter) name = `Shift+${name}`;
    if (event.altKey) name = `Alt+${name}`;
    if (event.ctrlKey || event.metaKey) name = `Ctrl+${name.toLowerCase()}`;
    return name;
  }

  function inInput(target) {
    if (!(target instanceof Element)) return false;
    return Boolean(
      target.closest("input, textarea, select, [contenteditable=true], dialog[open]:not(.at-keys)"),
    );
  }

  function enabled() {
    return localStorage.getItem(OFF) !== "off";
  }

  function single(keys) {
    return !keys.startsWith("Ctrl+") && keys !== "Escape";
  }

  function find(name) {
    // Those added last stand above those of the page around them.
    for (let i = registered.length - 1; i >= 0; i -= 1) {
      const each = registered[i];
      if (each.all.includes(name) && (!each.when || each.when())) return each;
    }
    return null;
  }

  function onKey(event) {
    if (event.defaultPrevented || event.isComposing) return;
    const name = nameOf(event);
    if (inInput(event.target) && single(name)) return;
    if (single(name) && !enabled()) return;
    const now = performance.now();
    const sequence = pending && now < pendingUntil ? `${pending} ${name}` : null;
    pending = "";
    const found = (sequence && find(sequence)) || find(name);
    if (found) {
      if (found.run(event) !== false) event.preventDefault();
    } else if (registered.some((each) => each.all.some((keys) => keys.startsWith(`${name} `)))) {
      pending = name;
      pendingUntil = now + SEQUENCE_MS;
    }
  }

  function shown(keys) {
    return keys
      .split(" ")
      .map((step) => step.split("+").map((key) => NAMES[key] || key).join("+"))
      .join(" then ");
  }

  function help() {
    const groups = new Map();
    for (const each of registered) {
      if (!each.label) continue;
      if (!groups.has(each.group)) groups.set(each.group, []);
      groups.get(each.group).push(each);
    }
    const lists = [...groups].map(([group, entries]) =>
      at.el(
        "section",
        {},
        at.el("h3", { text: group }),
        at.el(
          "dl",
          {},
          entries.map((each) => [
            at.el("dt", {}, each.all.map((keys) => at.el("kbd", { text: shown(keys) }))),
            at.el("dd", { text: each.label }),
          ]),
        ),
      ),
    );
    const box = at.el("input", { type: "checkbox", checked: enabled() });
    box.addEventListener("change", () => at.keys.enable(box.checked));
    at.dialog({
      title: "Keyboard shortcuts",
      kind: "at-keys",
      body: [
        at.el("label", { class: "at-check-line" }, box, " Single-key shortcuts are on"),
        at.el("div", { class: "at-keys-lists" }, lists),
      ],
    });
  }

  at.keys = {
    /**
     * @param {{keys: string|string[], label?: string, group?: string,
     *   run: function(KeyboardEvent): (void|false), when?: function(): boolean}} entry
     *   ``run`` returning false leaves the key to the browser. Without a label it is not listed.
     * @returns {function(): void} takes it away
     */
    add(entry) {
      const kept = { group: "Everywhere", ...entry, all: [entry.keys].flat() };
      registered.push(kept);
      return () => {
        const place = registered.indexOf(kept);
        if (place >= 0) registered.splice(place, 1);
      };
    },
    get enabled() {
      return enabled();
    },
    enable(on) {
      localStorage.setItem(OFF, on ? "on" : "off");
    },
    help,
    shown,
  };

  document.addEventListener("keydown", onKey);
  at.keys.add({ keys: "?", label: "This list", run: help });
})();
