/** Tokens and cost over time. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  /**
   * Lanes of ``bins`` bins over the whole trace: tokens a second, spread evenly over the time of
   * the span that used them, and the cost until then, which is known when a span ends.
   */
  function lanes(store, scale, bins) {
    const { columns } = store;
    const known = { tokens: false, cost: false };
    const rate = new Float64Array(bins + 1);
    const cost = new Float64Array(bins);
    const bin = (t) => Math.max(0, Math.min(bins - 1, Math.floor(scale.share(t) * bins)));
    for (let row = 0; row < columns.count; row += 1) {
      const [countsTokens, countsCost] = store.counts(row);
      const tokens = countsTokens ? columns.tokensIn[row] + columns.tokensOut[row] : 0;
      const spent = countsCost ? columns.cost[row] : null;
      known.tokens ||= countsTokens;
      known.cost ||= spent !== null;
      if (!tokens && !spent) continue;
      const start = columns.start[row];
      if (Number.isNaN(start)) continue;
      const end = store.endOf(row);
      const to = Number.isNaN(end) ? start : Math.max(start, end);
      cost[bin(to)] += spent;
      if (!tokens) continue;
      const [first, last] = [bin(start), bin(to)];
      // A span shorter than a bin is shown at the rate of the whole bin.
      const wide = scale.atShare((first + 1) / bins) - scale.atShare(first / bins);
      const width = Math.max(to - start, wide);
      rate[first] += (tokens * 1000) / width;
      rate[last + 1] -= (tokens * 1000) / width;
    }
    let [peak, total] = [0, 0];
    for (let i = 0; i < bins; i += 1) {
      if (i) rate[i] += rate[i - 1];
      peak = Math.max(peak, rate[i]);
      total += cost[i];
      cost[i] = total;
    }
    return { rate, cost, peak, total, known };
  }

  at.timeline ??= {};
  at.timeline.lanes = lanes;
})();
