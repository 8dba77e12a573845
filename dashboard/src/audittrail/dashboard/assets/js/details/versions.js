/** Every received version of a span, and what each changed. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  // They differ between any two versions.
  const ALWAYS = new Set(["received_at", "seq", "versions", "received_versions", "logs"]);

  function flat(value, path, out) {
    if (at.details.isObject(value) && Object.keys(value).length && !("bytesValue" in value)) {
      for (const [key, inner] of Object.entries(value)) {
        flat(inner, path ? `${path} > ${key}` : key, out);
      }
    } else out.set(path, value);
    return out;
  }

  function fields(version) {
    const kept = Object.entries(version).filter(([key]) => !ALWAYS.has(key));
    return flat(Object.fromEntries(kept), "", new Map());
  }

  /** ``[[field, before, after], ...]`` of two versions. */
  function changes(before, after) {
    const [a, b] = [fields(before), fields(after)];
    const keys = new Set([...a.keys(), ...b.keys()]);
    return [...keys]
      .filter((key) => JSON.stringify(a.get(key) ?? null) !== JSON.stringify(b.get(key) ?? null))
      .map((key) => [key, a.get(key) ?? null, b.get(key) ?? null]);
  }

  const words = (value) => (value === null ? "" : at.details.plainOf(value));

  function change([field, before, after]) {
    return at.el(
      "div",
      { class: "at-change" },
      at.el("div", { class: "at-mono at-change-field", text: at.details.short(field, 300) }),
      at.diff.node(words(before), words(after)),
    );
  }

  at.details ??= {};
  at.details.versionChanges = changes;
  at.details.versionsTab = (span, state) => {
    const order = [...(span.received_versions || [])].sort((a, b) =>
      a.received_at === b.received_at ? a.seq - b.seq : a.received_at < b.received_at ? -1 : 1,
    );
    const entries = order.map((version, place) => {
      const changed = place ? changes(order[place - 1], version) : null;
      const told = !changed
        ? "First received"
        : changed.length
          ? at.format.plural(changed.length, "field") + " changed"
          : "The same again";
      return at.el(
        "li",
        { class: "at-version" },
        at.el(
          "div",
          { class: "at-version-head" },
          at.el("strong", { text: `Version ${place + 1}` }),
          at.clock.node(at.clock.parse(version.received_at), "full"),
          at.el("span", { class: "at-muted", text: told }),
        ),
        changed && changed.length
          ? at.details.fold(
              "Changes",
              () => at.el("div", {}, changed.slice(0, 100).map(change)),
              state,
              `version${place}`,
              place === order.length - 1,
            )
          : null,
      );
    });
    return at.el(
      "div",
      {},
      at.el("p", {
        class: "at-muted",
        text: `${at.format.plural(order.length, "version")} received.`,
      }),
      at.el("ol", { class: "at-versions" }, entries.reverse()),
    );
  };
})();
