/** The filter: chips, a box to type in, a time range. Its state is the address. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;

  /**
   * ``changed()`` is called when the reader has asked for something else; ``listed()`` gives the
   * traces that are shown.
   */
  function createFilterBar(changed, listed) {
    const chips = el("div", { class: "at-chips" });
    const input = el("input", {
      id: "at-filter",
      class: "at-filter-input",
      type: "text",
      placeholder: "Filter: status:error model:gpt-4o cost:>0.01",
      autocomplete: "off",
      spellcheck: "false",
      role: "combobox",
      aria: {
        label: "Filter",
        expanded: "false",
        autocomplete: "list",
        controls: "at-filter-list",
        describedby: "at-filter-hint",
      },
      title: "Filter (/)",
    });
    const hint = el("div", { id: "at-filter-hint", class: "at-filter-hint", role: "alert", hidden: true });
    const range = at.list.createTimeRange(set);
    const suggestions = at.list.createSuggestions(input, (term) => add(term));
    const box = el(
      "div",
      { class: "at-filter", on: { click: (event) => event.target === box && input.focus() } },
      at.icon("search"),
      chips,
      input,
      suggestions.list,
    );
    const more = at.button({ icon: "more", kind: "plain", title: "More about this filter", run() {} });
    at.menu(more, () => [
      ...at.list.saved.entries(set),
      {
        label: "Download CSV of the rows that are loaded",
        icon: "download",
        run: () => at.list.downloadCsv(listed()),
      },
      {
        label: "Copy as API call",
        icon: "copy",
        run: () => at.copy(location.origin + at.api.address("/traces", query()), "API call"),
      },
      { label: "Copy link to this list", icon: "link", run: () => at.copy(location.href, "Link") },
      { label: "Clear filter", icon: "close", run: clear },
    ]);
    const node = el("div", { class: "at-filter-bar" }, box, range.node, more, hint);

    const text = () => at.url.get("q") || "";

    function query() {
      const [sort, order] = (at.url.get("sort") || "").split(".");
      return { q: text(), ...at.list.times(), sort: sort || null, order: order || null };
    }

    function set(values) {
      at.url.set(values, { push: true });
      show();
      changed();
    }

    function add(typed) {
      const terms = [...at.list.terms.split(text()), ...at.list.terms.split(typed)];
      input.value = "";
      suggestions.close();
      if (typed.trim()) set({ q: [...new Set(terms)].join(" ") });
    }

    function drop(place) {
      const terms = at.list.terms.split(text());
      terms.splice(place, 1);
      set({ q: terms.join(" ") || null });
      input.focus();
    }

    function clear() {
      input.value = "";
      set({ q: null, from: null, to: null });
    }

    function show() {
      const terms = at.list.terms.split(text());
      at.clear(
        chips,
        terms.map((term, place) =>
          el(
            "span",
            { class: "at-term", data: { term } },
            el("span", { text: term }),
            at.button({
              icon: "close",
              kind: "quiet",
              title: `Remove ${term}`,
              run: () => drop(place),
            }),
          ),
        ),
      );
      range.show();
      told(null);
    }

    /** Say that a filter is not understood; null takes that back. */
    function told(error) {
      for (const chip of chips.children) {
        chip.classList.toggle("at-term-bad", Boolean(error) && chip.dataset.term === error.detail?.term);
      }
      hint.hidden = !error;
      if (error) at.clear(hint, error.message);
    }

    input.addEventListener("keydown", (event) => {
      if (suggestions.keydown(event)) event.preventDefault();
      else if (event.key === "Enter") add(input.value);
      else if (event.key === "Backspace" && !input.value && text()) {
        drop(at.list.terms.split(text()).length - 1);
      } else if (event.key === "Escape") input.blur();
      else return;
      event.stopPropagation();
    });
    input.addEventListener("input", suggestions.update);
    input.addEventListener("focus", suggestions.update);
    input.addEventListener("blur", suggestions.close);
    show();
    return { node, input, query, show, told, clear, set };
  }

  at.list ??= {};
  at.list.createFilterBar = createFilterBar;
})();
