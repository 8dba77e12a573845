/** What a term that is being typed may become: keys, then values with counts. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;
  const WAIT_MS = 120;

  /**
   * Below ``input``. ``accept(term)`` is called with the term that was chosen.
   * ``{keydown(event) -> boolean, update(), close()}``; ``keydown`` says whether it took the key.
   */
  function createSuggestions(input, accept) {
    const list = el("div", {
      id: "at-filter-list",
      class: "at-menu at-suggestions",
      role: "listbox",
      aria: { label: "Filters" },
      hidden: true,
    });
    let entries = [];
    let here = -1;
    let asked = 0;

    function close() {
      asked += 1;
      entries = [];
      here = -1;
      list.hidden = true;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function show() {
      at.clear(
        list,
        entries.map((entry, place) =>
          el(
            "div",
            {
              id: `at-filter-option-${place}`,
              class: "at-menu-item",
              role: "option",
              aria: { selected: place === here },
              on: {
                pointerdown: (event) => {
                  event.preventDefault();
                  choose(place);
                },
              },
            },
            el("span", { text: entry.label }),
            el("span", { class: "at-muted at-suggestion-hint", text: entry.hint }),
          ),
        ),
      );
      list.hidden = !entries.length;
      input.setAttribute("aria-expanded", String(!list.hidden));
      if (here >= 0) input.setAttribute("aria-activedescendant", `at-filter-option-${here}`);
      else input.removeAttribute("aria-activedescendant");
    }

    function choose(place) {
      const { term, whole } = entries[place];
      close();
      if (whole) accept(term);
      else {
        input.value = term;
        input.focus();
        update();
      }
    }

    function keys(text, minus) {
      return Object.entries(at.list.terms.KEYS)
        .filter(([key]) => key.startsWith(text.toLowerCase()))
        .map(([key, hint]) => {
          const whole = key.startsWith("has:");
          return { label: key, hint, whole, term: minus + key + (whole || key === "attr." ? "" : ":") };
        });
    }

    const later = at.debounced(async (key, minus, typed) => {
      const mine = (asked += 1);
      const last = typed.split(",").pop().replace(/^"|"$/g, "");
      const before = typed.slice(0, typed.length - typed.split(",").pop().length);
      try {
        const { data } = await at.api.get("/traces/values", { key, prefix: last, limit: 12 });
        if (mine !== asked || document.activeElement !== input) return;
        entries = data.map(({ value, count }) => ({
          label: value,
          hint: at.format.plural(count, "trace"),
          whole: true,
          term: `${minus}${key}:${before}${at.list.terms.quoted(value)}`,
        }));
        here = -1;
        show();
      } catch {
        close(); // Typing goes on without suggestions.
      }
    }, WAIT_MS);

    function update() {
      asked += 1;
      const minus = input.value.startsWith("-") ? "-" : "";
      const typed = input.value.slice(minus.length);
      const colon = typed.indexOf(":");
      if (colon < 0) {
        entries = keys(typed, minus);
        here = -1;
        show();
        return;
      }
      const key = typed.slice(0, colon);
      entries = [];
      show();
      if (at.list.terms.LISTED.has(key)) later(key, minus, typed.slice(colon + 1));
    }

    function keydown(event) {
      if (list.hidden) return false;
      if (event.key === "ArrowDown") here = (here + 1) % entries.length;
      else if (event.key === "ArrowUp") here = (here - 1 + entries.length) % entries.length;
      else if ((event.key === "Enter" || event.key === "Tab") && here >= 0) {
        choose(here);
        return true;
      } else if (event.key === "Escape") {
        close();
        return true;
      } else return false;
      show();
      return true;
    }

    return { list, keydown, update, close };
  }

  at.list ??= {};
  at.list.createSuggestions = createSuggestions;
})();
