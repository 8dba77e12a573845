/** Settings of this browser: theme, times, shortcuts. The header's menus hold the same ones. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;

  /** One group of radio buttons; returns it and how to show what is chosen. */
  function choice(name, title, options, get, set) {
    const boxes = options.map(([value, label, hint]) => {
      const box = el("input", {
        type: "radio",
        name,
        value,
        on: { change: () => set(value) },
      });
      return [box, el("label", { class: "at-check-line", title: hint || null }, box, label)];
    });
    function show() {
      for (const [box] of boxes) box.checked = box.value === get();
    }
    show();
    const node = el("fieldset", {}, el("legend", { text: title }), boxes.map(([, label]) => label));
    return { node, show };
  }

  /** @returns {{node: Element, close: function()}} */
  function display() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const theme = choice(
      "at-theme",
      "Theme",
      [
        ["auto", "As the system"],
        ["light", "Light"],
        ["dark", "Dark"],
      ],
      () => at.theme.choice,
      at.theme.set,
    );
    const times = choice(
      "at-zone",
      "Times",
      [
        ["local", `Local (${zone})`],
        ["utc", "UTC"],
      ],
      () => (at.clock.utc ? "utc" : "local"),
      (value) => at.clock.set(value === "utc"),
    );
    const shortcuts = el("input", {
      type: "checkbox",
      checked: at.keys.enabled,
      on: { change: () => at.keys.enable(shortcuts.checked) },
    });
    const offs = [at.theme.on(theme.show), at.clock.on(times.show)];
    const now = at.clock.node(Date.now(), "full");
    const node = el(
      "section",
      { class: "at-block", id: "display", aria: { labelledby: "at-display" } },
      el("h2", { id: "at-display", text: "Display" }),
      el("p", { class: "at-muted", text: "Kept in this browser." }),
      el("div", { class: "at-settings-choices" }, theme.node, times.node),
      el("p", {}, "This page was opened ", now, "."),
      el(
        "label",
        { class: "at-check-line" },
        shortcuts,
        "Single-key shortcuts ",
        el("span", { class: "at-muted" }, "(", el("kbd", { text: "?" }), " lists them)"),
      ),
    );
    return { node, close: () => offs.forEach((off) => off()) };
  }

  at.settings = Object.assign(at.settings || {}, { display });
})();
