/** What stands in place of a trace: while it loads, and when it cannot be shown. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const SKELETON_MS = 150;
  const WORDS_MS = 1000;
  const ROWS = 12;
  const RETENTION =
    "No trace with this id in your account. It may have been deleted by retention or belong to " +
    "another account.";

  /** Grey shapes after a moment, words after a second. ``{stop()}`` */
  function showLoading(root, store) {
    const words = at.el("p", { class: "at-loading-words", role: "status" });
    const line = (width) => at.el("span", { class: "at-bone", style: { width } });
    const node = at.el(
      "div",
      { class: "at-loading", aria: { busy: "true", label: "Loading the trace" } },
      at.el("div", { class: "at-loading-head" }, line("220px"), line("90px"), line("120px")),
      words,
      Array.from({ length: ROWS }, (_, row) =>
        at.el("div", { class: "at-loading-row" }, line(`${160 + ((row * 53) % 140)}px`), line("40%")),
      ),
    );
    let told = false;
    const shapes = setTimeout(() => at.clear(root, node), SKELETON_MS);
    const wording = setTimeout(async () => {
      try {
        const path = `/traces/${encodeURIComponent(store.traceId)}`;
        const { data } = await at.api.get(path);
        if (!told) words.textContent = `Loading ${at.format.plural(data.span_count, "span")}`;
      } catch {
        // The answer that is waited for says what is the matter.
      }
    }, WORDS_MS);
    const off = store.on("progress", ({ done, of }) => {
      told = true;
      if (!node.isConnected) at.clear(root, node);
      words.textContent = `${at.format.count(done)} of ${at.format.plural(of, "span")}`;
    });
    return {
      stop() {
        told = true;
        clearTimeout(shapes);
        clearTimeout(wording);
        off();
      },
    };
  }

  async function nameRetention(text) {
    try {
      const { data } = await at.api.get("/settings/retention");
      const days = data.days ?? data.server_days;
      if (days) {
        text.textContent = RETENTION.replace("retention", `retention (${at.format.plural(days, "day")})`);
      }
    } catch {
      // Without the number it is as true.
    }
  }

  /** A page in place of a trace that is not there, or that did not come. */
  function problem(store, retry) {
    document.title = "Trace - AuditTrail";
    if (store.state === "missing") {
      const text = at.el("p", { text: RETENTION });
      nameRetention(text);
      return at.el(
        "div",
        { class: "at-empty", role: "alert" },
        at.el("h1", { text: "Not found" }),
        text,
        at.link("/traces", { class: "at-button" }, "All traces"),
      );
    }
    const { status = 0, message = "", request = null } = store.error || {};
    const told = request ? `${status}, request ${request}` : String(status);
    const text = `The server could not answer (${told}). Your data is safe.`;
    return at.el(
      "div",
      { class: "at-empty", role: "alert" },
      at.el("p", { text }),
      at.el(
        "div",
        { class: "at-empty-actions" },
        at.button({ label: "Retry", kind: "primary", run: retry }),
        at.copyButton(() => `${text} ${message} ${location.href}`, "Details", "Copy details"),
      ),
    );
  }

  at.trace ??= {};
  at.trace.showLoading = showLoading;
  at.trace.problem = problem;
})();
