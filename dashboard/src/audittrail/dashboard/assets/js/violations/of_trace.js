/** The violations of a trace: of one span in its details, of all in a dialog. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;

  const about = (violation, id) => violation.span_id === id || (violation.scope === "trace" && violation.witnesses.includes(id));

  function list(store, chosen, open) {
    const place = el("div", { class: "at-violations", aria: { busy: "true" } });
    async function load() {
      try {
        const { data } = await at.api.get(`/traces/${encodeURIComponent(store.traceId)}/violations`);
        const rank = ({ severity }) => at.violations.SEVERITIES.indexOf(severity);
        const found = data.filter(chosen).sort((one, two) => rank(one) - rank(two));
        at.clear(place,
          found.length
            ? found.map((violation) => at.violations.card(violation, {
                open,
                name: (id) => store.name[store.row(id)],
                decided: load,
              }))
            : el("p", { class: "at-muted", text: "No violations any more." }));
      } catch (error) {
        at.clear(place, at.failure(error, load));
      }
      place.setAttribute("aria-busy", "false");
    }
    load();
    return place;
  }

  /** For the section in a span's details. */
  function ofSpan(store, row) {
    const id = store.id[row];
    return list(store, (violation) => about(violation, id), null);
  }

  /** Everything that the trace broke, also what no span broke alone. */
  function showAll(store) {
    const box = at.dialog({
      title: "Violations of this trace",
      kind: "at-dialog-wide",
      body: [
        list(store, () => true, (id) => {
          const row = store.row(id);
          if (row < 0) {
            at.toast("This span is not among those that are shown.", { kind: "error" });
            return;
          }
          box.close();
          store.select(row, { from: "violations" });
        }),
      ],
    });
  }

  at.violations = Object.assign(at.violations || {}, { ofSpan, showAll });
})();
