/** Filters with a name, kept in this browser; and what is listed as a table to take away. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;
  const KEY = "audittrail.filters";
  const NAMED = ["q", "from", "to", "sort"];
  const COLUMNS = [
    "trace_id", "name", "status", "start_time", "duration_ms", "span_count", "error_count",
    "tokens_in", "tokens_out", "cost", "cost_source", "unpriced_spans", "violation_count",
    "agent_name", "environment", "session_id", "user_id",
  ];

  function all() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY));
      return Array.isArray(kept) ? kept.filter((each) => each?.name && each.values) : [];
    } catch {
      return [];
    }
  }
  const keep = (filters) => localStorage.setItem(KEY, JSON.stringify(filters));
  const here = () => Object.fromEntries(NAMED.map((name) => [name, at.url.get(name)]));

  function save() {
    const name = el("input", { class: "at-input", type: "text", maxlength: "60", aria: { label: "Name" } });
    name.value = at.url.get("q") || "";
    const box = at.dialog({
      title: "Save this filter",
      body: [el("p", { text: "Filter, range of time and order are kept in this browser." }), name],
      actions: [{ label: "Save", kind: "primary", run: done }],
    });
    function done() {
      const called = name.value.trim();
      if (!called) {
        name.focus();
        return false;
      }
      keep([...all().filter((each) => each.name !== called), { name: called, values: here() }]);
      at.toast(`Saved ${called}.`, { kind: "ok" });
      return true;
    }
    name.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && done()) box.close();
    });
    name.select();
  }

  function forget() {
    const list = el("ul", { class: "at-saved" });
    const fill = () =>
      at.clear(
        list,
        all().map((each) =>
          el(
            "li",
            {},
            el("span", { text: each.name }),
            at.button({
              icon: "trash",
              kind: "quiet",
              title: `Delete ${each.name}`,
              run() {
                keep(all().filter((other) => other.name !== each.name));
                fill();
              },
            }),
          ),
        ),
        all().length ? null : el("li", { text: "No saved filters." }),
      );
    fill();
    at.dialog({ title: "Saved filters", body: [list] });
  }

  /** Entries of a menu; ``set(values)`` is given what a saved filter puts into the address. */
  function entries(set) {
    const saved = all();
    return [
      ...saved.map(({ name, values }) => ({ label: name, icon: "filter", run: () => set(values) })),
      { label: "Save this filter...", icon: "plus", run: save },
      ...(saved.length ? [{ label: "Delete saved filters...", icon: "trash", run: forget }] : []),
    ];
  }

  at.list ??= {};
  at.list.saved = { entries };
  /** Traces as the API presents them, as a CSV file. */
  at.list.downloadCsv = (traces) =>
    at.download(
      at.csv([COLUMNS, ...traces.map((trace) => COLUMNS.map((name) => trace[name]))]),
      "traces.csv",
      "text/csv;charset=utf-8",
    );
})();
