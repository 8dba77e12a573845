/** Folding sections: what is open is remembered by the type of span, and survives new data. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const KEY = "audittrail.details.folds";

  function folds() {
    try {
      return JSON.parse(localStorage.getItem(KEY)) || {};
    } catch {
      return {};
    }
  }

  function remember(name, open) {
    localStorage.setItem(KEY, JSON.stringify({ ...folds(), [name]: open }));
  }

  at.details ??= {};
  /**
   * @param {HTMLElement} host
   * @returns {{show: function(object[], string, Map), clear: function()}} ``show(sections, type,
   *   state)`` takes ``{key, title, count?, open?, copy?, tools?, print, build(state) -> Node}``:
   *   a section whose ``print`` is as before keeps its elements, and what was opened in them.
   */
  at.details.sections = (host) => {
    let shown = new Map();

    function make(section, type, state) {
      const name = `${type}.${section.key}`;
      const open = folds()[name] ?? section.open ?? true;
      const body = at.el("div", { class: "at-section-body", hidden: !open });
      const title = at.el("span", { class: "at-section-title" });
      const button = at.el(
        "button",
        {
          type: "button",
          class: "at-section-toggle",
          aria: { expanded: open },
          on: {
            click() {
              body.hidden = !body.hidden;
              button.setAttribute("aria-expanded", String(!body.hidden));
              remember(name, !body.hidden);
              if (!body.hidden) fill();
            },
          },
        },
        at.icon("chevron-right"),
        title,
      );
      const kept = { section, node: null, print: null, built: false, update };
      kept.node = at.el(
        "section",
        { class: `at-section at-section-${section.key}` },
        at.el(
          "div",
          { class: "at-section-head" },
          at.el("h3", {}, button),
          section.tools || null,
          section.copy
            ? at.copyButton(() => kept.section.copy(), section.title)
            : null,
        ),
        body,
      );
      function fill() {
        if (kept.built) return;
        kept.built = true;
        const held = body.contains(document.activeElement);
        at.clear(body, kept.section.build(state));
        if (held) button.focus();
      }
      function update(next) {
        kept.section = next;
        const count = Number.isFinite(next.count) ? ` (${at.format.count(next.count)})` : "";
        title.textContent = next.title + count;
        const print = JSON.stringify(next.print ?? null);
        if (print === kept.print) return;
        kept.print = print;
        kept.built = false;
        if (!body.hidden) fill();
      }
      update(section);
      return kept;
    }

    return {
      show(sections, type, state) {
        const next = new Map();
        let after = null;
        for (const section of sections.filter(Boolean)) {
          const kept = shown.get(section.key) || make(section, type, state);
          if (kept.section !== section) kept.update(section);
          next.set(section.key, kept);
          const place = after ? after.nextSibling : host.firstChild;
          if (place !== kept.node) host.insertBefore(kept.node, place);
          after = kept.node;
        }
        for (const [key, kept] of shown) if (!next.has(key)) kept.node.remove();
        shown = next;
      },
      clear() {
        for (const kept of shown.values()) kept.node.remove();
        shown = new Map();
      },
    };
  };
})();
