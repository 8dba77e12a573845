/** Times of day, in local time or in UTC: one switch for all of the page. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const KEY = "audittrail.zone";
  const changed = at.emitter();
  const two = (n) => String(n).padStart(2, "0");

  let utc = localStorage.getItem(KEY) === "utc";

  function parts(date, inUtc) {
    const from = inUtc ? "getUTC" : "get";
    const date_ = `${date[`${from}FullYear`]()}-${two(date[`${from}Month`]() + 1)}-${two(date[`${from}Date`]())}`;
    const millis = String(date[`${from}Milliseconds`]()).padStart(3, "0");
    const time = `${two(date[`${from}Hours`]())}:${two(date[`${from}Minutes`]())}:${two(date[`${from}Seconds`]())}`;
    return { date: date_, time, millis };
  }

  function offset(date) {
    const minutes = -date.getTimezoneOffset();
    const size = Math.abs(minutes);
    return `UTC${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
  }

  function full(date, inUtc) {
    const { date: day, time, millis } = parts(date, inUtc);
    return `${day} ${time}.${millis} ${inUtc ? "UTC" : offset(date)}`;
  }

  function shown(date, style) {
    const { date: day, time, millis } = parts(date, utc);
    if (style === "full") return `${day} ${time}.${millis}`;
    if (style === "time") return time;
    if (style === "millis") return `${time}.${millis}`;
    const today = parts(new Date(), utc).date;
    return day === today ? time : `${day} ${time}`;
  }

  function paint(node) {
    const date = new Date(Number(node.dataset.ms));
    node.textContent = shown(date, node.dataset.style);
    node.title = `${full(date, utc)}\n${full(date, !utc)}`;
  }

  /**
   * A ``<time>`` that follows the Local/UTC switch.
   * @param {number|null} msEpoch
   * @param {"short"|"time"|"millis"|"full"} [style]
   */
  function node(msEpoch, style = "short") {
    if (!Number.isFinite(msEpoch)) return at.el("span", { text: "--" });
    const made = at.el("time", {
      class: "at-time",
      datetime: new Date(msEpoch).toISOString(),
      data: { ms: msEpoch, style },
    });
    paint(made);
    return made;
  }

  at.clock = {
    node,
    get utc() {
      return utc;
    },
    set(value) {
      utc = value;
      localStorage.setItem(KEY, utc ? "utc" : "local");
      for (const each of document.querySelectorAll("time.at-time")) paint(each);
      changed.emit("changed", utc);
    },
    on: (run) => changed.on("changed", run),
    /** As text, for canvases and copies. */
    text: (msEpoch, style = "short") => shown(new Date(msEpoch), style),
    full: (msEpoch) => full(new Date(msEpoch), utc),
    /** An ISO time of the API as ms since the epoch; null for none. */
    parse: (iso) => (iso ? Date.parse(iso) : null),
  };
})();
