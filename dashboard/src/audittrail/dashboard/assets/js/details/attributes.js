/** All attributes of a span, with what they were read as, and those of its resource and scope. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const SHOWN = 300;

  function entriesOf(span) {
    const of = (where, held) =>
      Object.entries(held || {}).map(([key, value]) => [where, key, value]);
    const { attributes: resource, ...around } = span.resource || {};
    return [
      ...of("span", span.attributes),
      ...of("resource", resource),
      ...of("resource", around),
      ...of("scope", span.scope),
      ...of("other", span.extra),
    ];
  }

  const COLLATOR = new Intl.Collator("en", { numeric: true });

  /** ``{node, count}`` */
  at.details ??= {};
  at.details.attributesTab = (span, state) => {
    const all = entriesOf(span).sort(([a, x], [b, y]) =>
      a === b ? COLLATOR.compare(x, y) : a === "span" ? -1 : b === "span" ? 1 : a < b ? -1 : 1,
    );
    const body = at.el("tbody");
    const told = at.el("p", { class: "at-muted at-small", role: "status" });
    const find = at.el("input", {
      class: "at-input",
      type: "search",
      placeholder: "Find an attribute",
      aria: { label: "Find an attribute" },
      value: state.get("attributes:find") || "",
      on: { input: show },
    });

    function row([where, key, value]) {
      const read = where === "span" ? at.details.mappedTo(span, key) : null;
      return at.el(
        "tr",
        {},
        at.el(
          "th",
          { scope: "row" },
          where === "span" ? null : at.el("span", { class: "at-chip", text: where }),
          at.el("span", { class: "at-mono", text: at.details.short(key, 300) }),
          read
            ? at.el("span", {
                class: "at-read-as",
                text: `→ ${read}`,
                title: `${read} of this span is mapped from ${at.details.short(key)}`,
              })
            : null,
        ),
        at.el("td", {}, at.details.value(value, {
          state,
          key: `attribute:${where}:${key}`,
          name: key,
          clip: 500,
          parse: false,
        })),
        at.el("td", {}, at.copyButton(() => at.details.plainOf(value), at.details.short(key))),
      );
    }
    function show() {
      const wanted = find.value.trim().toLowerCase();
      state.set("attributes:find", find.value);
      const found = all.filter(
        ([, key, value]) =>
          !wanted ||
          key.toLowerCase().includes(wanted) ||
          at.details.plainOf(value).slice(0, 100000).toLowerCase().includes(wanted),
      );
      at.clear(body, found.slice(0, SHOWN).map(row));
      const few = found.length > SHOWN ? `; the first ${SHOWN} are shown` : "";
      told.textContent = wanted || few
        ? `${at.format.count(found.length)} of ${at.format.plural(all.length, "attribute")}${few}`
        : all.length
          ? ""
          : "This span has no attributes.";
    }
    show();
    return at.el(
      "div",
      { class: "at-attributes" },
      find,
      told,
      at.el(
        "table",
        {},
        at.el("colgroup", {}, ["key", "value", "copy"].map((name) =>
          at.el("col", { class: `at-column-${name}` }))),
        at.el(
          "thead",
          { class: "at-hidden" },
          at.el("tr", {}, ["Attribute", "Value", "Copy"].map((text) => at.el("th", { text }))),
        ),
        body,
      ),
    );
  };
})();
