/** The connection as the reader sees it: a dot in the header, and a banner when it is lost. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const SHOWN_AFTER_MS = 2000;
  const BACK_MS = 4000;
  const WORDS = {
    off: "Not live",
    connecting: "Connecting",
    live: "Live",
    lost: "Connection lost",
    resting: "Resting",
  };
  let state = "off";
  let lostAt = 0;
  let until = 0;
  let retry = null;
  let timer = 0;
  let wasShown = false;

  function banner() {
    const place = document.getElementById("at-banner");
    if (!place) return;
    clearTimeout(timer);
    const since = Date.now() - lostAt;
    if (state !== "lost") {
      if (!wasShown) at.clear(place);
      return;
    }
    if (since < SHOWN_AFTER_MS) {
      timer = setTimeout(banner, SHOWN_AFTER_MS - since);
      return;
    }
    const seconds = Math.max(0, Math.ceil((until - Date.now()) / 1000));
    if (!wasShown) {
      wasShown = true;
      at.announce("Connection lost. What you see may be old.");
    }
    at.clear(
      place,
      at.el(
        "div",
        { class: "at-banner at-banner-lost" },
        `Connection lost at ${at.clock.text(lostAt, "time")}. What you see may be old. ` +
          (seconds ? `Reconnecting in ${seconds} s.` : "Reconnecting."),
        at.button({ label: "Retry now", run: () => retry && retry() }),
      ),
    );
    timer = setTimeout(banner, 500);
  }

  at.connection = {
    get state() {
      return state;
    },
    set(next, more = {}) {
      if (next === "lost" && !lostAt) lostAt = Date.now();
      state = next;
      if (more.until) ({ until, retry } = more);
      if (next === "off" || next === "resting") {
        lostAt = 0;
        wasShown = false;
      }
      const dot = document.getElementById("at-connection");
      if (dot) {
        dot.dataset.state = state;
        at.clear(dot, at.el("span", { class: "at-dot" }), at.el("span", { text: WORDS[state] }));
      }
      banner();
    },
    /** What a page loaded after a connection was made again; says so if the loss was shown. */
    caughtUp(spans) {
      const shown = wasShown;
      lostAt = 0;
      wasShown = false;
      const place = document.getElementById("at-banner");
      if (!shown || !place) return;
      const text = `Back online. ${at.format.plural(spans, "span")} caught up.`;
      const note = at.el("div", { class: "at-banner at-banner-back", text });
      at.clear(place, note);
      at.announce(text);
      setTimeout(() => note.remove(), BACK_MS);
    },
  };

  at.session = {
    /** The server no longer takes this browser's cookie. */
    ended() {
      const place = document.getElementById("at-banner");
      if (!place) return;
      const next = encodeURIComponent(location.pathname + location.search);
      at.clear(
        place,
        at.el(
          "div",
          { class: "at-banner at-banner-lost", role: "alert" },
          "Your session ended. ",
          at.el("a", { href: `/login?next=${next}`, text: "Sign in" }),
        ),
      );
    },
  };
})();
