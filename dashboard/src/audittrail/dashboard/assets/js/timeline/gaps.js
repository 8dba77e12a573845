/** Times in which nothing of a trace was at work. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const LEAST_PART = 0.05;
  const LEAST_MS = 1000;
  const OFFER_PART = 0.6;

  /**
   * @returns {{gaps: number[][], idle: number, total: number, offer: boolean}} gaps longer than a
   *   second and than a twentieth of the trace, in which no span ran but agents and steps that
   *   wait for others; ``offer`` if that is most of the time.
   */
  at.timeline ??= {};
  at.timeline.findGaps = (store, [low, high]) => {
    const { columns, tree } = store;
    const total = high - low;
    const least = Math.max(LEAST_MS, total * LEAST_PART);
    const gaps = [];
    if (!(total > least)) return { gaps, idle: 0, total, offer: false };
    const starts = new Float64Array(columns.count);
    const ends = new Float64Array(columns.count);
    let many = 0;
    for (let row = 0; row < columns.count; row += 1) {
      const start = columns.start[row];
      if (columns.ghost[row] || columns.isHidden(row) || Number.isNaN(start)) continue;
      if (at.trace.onlyWaits({ columns, tree }, row)) continue;
      const end = store.endOf(row);
      starts[many] = start;
      ends[many] = Number.isNaN(end) ? start : end;
      many += 1;
    }
    // Sorted apart: if the next begins after as many have ended as had begun, none ran between.
    const begun = starts.subarray(0, many).sort();
    const ended = ends.subarray(0, many).sort();
    let idle = 0;
    for (let next = 0; next <= many; next += 1) {
      const from = next ? ended[next - 1] : low;
      const to = next < many ? begun[next] : high;
      if (to - from <= least) continue;
      gaps.push([from, to]);
      idle += to - from;
    }
    return { gaps, idle, total, offer: idle / total > OFFER_PART };
  };
})();
