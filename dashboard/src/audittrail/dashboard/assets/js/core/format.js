/** Numbers and times as people read them. What is unknown is "--". */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const UNKNOWN = "--";
  const grouped = new Intl.NumberFormat("en-US");
  const known = (value) => typeof value === "number" && Number.isFinite(value);

  /** ``164 ms``, ``38.2 s``, ``4 min 12 s``, ``2 h 05 min``. Below 1 ms: ``0.42 ms``. */
  function duration(ms) {
    if (!known(ms)) return UNKNOWN;
    const sign = ms < 0 ? "-" : "";
    const size = Math.abs(ms);
    if (size < 9.95) return `${sign}${size ? Number(size.toPrecision(2)) : 0} ms`;
    if (size < 999.5) return `${sign}${Math.round(size)} ms`;
    if (size < 9995) return `${sign}${(size / 1000).toFixed(2)} s`;
    if (size < 59950) return `${sign}${(size / 1000).toFixed(1)} s`;
    const seconds = Math.round(size / 1000);
    if (seconds < 3600) {
      return `${sign}${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
    }
    const minutes = Math.round(seconds / 60);
    return `${sign}${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
  }

  /** USD: two significant digits below one cent, else up to four decimals. */
  function cost(usd) {
    if (!known(usd)) return UNKNOWN;
    if (usd === 0) return "$0";
    const size = Math.abs(usd);
    const sign = usd < 0 ? "-" : "";
    if (size >= 100) return `${sign}$${grouped.format(Number(size.toFixed(2)))}`;
    if (size >= 0.01) return `${sign}$${size.toFixed(size >= 1 ? 2 : 4)}`;
    const decimals = Math.min(20, 1 - Math.floor(Math.log10(size)));
    return `${sign}$${size.toFixed(decimals)}`;
  }

  const count = (n) => (known(n) ? grouped.format(n) : UNKNOWN);

  function bytes(n) {
    if (!known(n)) return UNKNOWN;
    if (n < 1000) return `${n} B`;
    if (n < 1e6) return `${(n / 1e3).toFixed(n < 1e5 ? 1 : 0)} kB`;
    return `${(n / 1e6).toFixed(1)} MB`;
  }

  function percent(fraction) {
    if (!known(fraction)) return UNKNOWN;
    const value = fraction * 100;
    if (value > 0 && value < 1) return "<1%";
    return `${Math.round(value)}%`;
  }

  function ago(msEpoch, now = Date.now()) {
    if (!known(msEpoch)) return UNKNOWN;
    const s = Math.max(0, Math.round((now - msEpoch) / 1000));
    if (s < 60) return `${s} s ago`;
    if (s < 3600) return `${Math.floor(s / 60)} min ago`;
    if (s < 86400) return `${Math.floor(s / 3600)} h ago`;
    return `${Math.floor(s / 86400)} d ago`;
  }

  /** Words for a number of things: ``plural(1, "span")``. */
  const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

  at.format = { duration, cost, count, tokens: count, bytes, percent, ago, plural, UNKNOWN };
})();
