/** The traces before and after this one in the list that the reader came from. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const KEY = "audittrail.list";
  const LOOKED_AT = 200;

  /** ``{query, ids}`` as the list left it, newest first; null if the reader came another way. */
  function left() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEY));
      return kept && Array.isArray(kept.ids) ? kept : null;
    } catch {
      return null;
    }
  }

  /** Go to the next (1) or the previous (-1) trace of the list. */
  async function go(traceId, step) {
    let ids = left()?.ids || [];
    if (!ids.includes(traceId)) {
      const answer = await at.api.get("/traces", { limit: LOOKED_AT });
      ids = answer.data.map((trace) => trace.trace_id);
    }
    const here = ids.indexOf(traceId);
    const next = here < 0 ? undefined : ids[here + step];
    if (next) at.go(`/traces/${next}`);
    else at.toast(step > 0 ? "This is the last trace of the list." : "This is the first trace of the list.");
  }

  at.trace ??= {};
  at.trace.neighbours = {
    go,
    /** Where the list is, with the filter that it had. */
    listPath: () => `/traces${left()?.query || ""}`,
  };
})();
