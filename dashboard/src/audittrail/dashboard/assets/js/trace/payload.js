/** Details of spans, fetched when they are looked at; the last 50 are kept. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const KEPT = 50;
  const kept = new Map();

  const keyOf = (traceId, spanId) => `${traceId}/${spanId}`;

  at.trace ??= {};
  /** A span with all that was received of it: the answer of ``/spans/{trace}/{span}``. */
  at.trace.payload = (traceId, spanId) => {
    const key = keyOf(traceId, spanId);
    if (!kept.has(key)) {
      const path = `/spans/${encodeURIComponent(traceId)}/${encodeURIComponent(spanId)}`;
      const asked = at.api.get(path).then((answer) => answer.data);
      asked.catch(() => kept.delete(key));
      kept.set(key, asked);
      if (kept.size > KEPT) kept.delete(kept.keys().next().value);
    }
    return kept.get(key);
  };
  /** Its row has changed. */
  at.trace.forgetPayload = (traceId, spanId) => kept.delete(keyOf(traceId, spanId));
})();
