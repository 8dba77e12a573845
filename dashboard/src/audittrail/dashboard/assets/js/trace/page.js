/** The trace page: header, tabs, views and details around one store. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  function mount(root) {
    const store = at.trace.createStore(root.dataset.trace);
    const views = at.trace.createViews(store);
    const header = at.el("header", { class: "at-trace-header" });
    const toolbar = at.el("div", { class: "at-trace-toolbar" }, views.tabs);
    const notice = at.el("div", { class: "at-notice", role: "status", hidden: true });
    const details = at.el("aside", { class: "at-details", hidden: true });
    const body = at.el("div", { class: "at-trace-body" }, views.panels, details);
    const outside = at.trace.buildOutside(store);
    const parts = [outside];
    const tab = () => views.open(at.url.get("tab") || "spans");
    let loading = at.trace.showLoading(root, store);

    function onState() {
      loading.stop();
      if (store.state === "missing" || store.state === "failed") {
        at.clear(root, at.trace.problem(store, retry));
        return;
      }
      if (store.state !== "ready") return;
      at.clear(root, header, toolbar, notice, outside.node, body);
      if (parts.length === 1) {
        parts.push(at.trace.buildHeader(header, toolbar, store));
        if (at.details?.build) parts.push(at.details.build(details, store));
      }
      tab();
      if (store.selected < 0 && store.summary.span_count === 1) {
        store.select(store.newest(), { from: "url", push: false });
      }
    }

    function retry() {
      loading = at.trace.showLoading(root, store);
      loader.reload();
    }

    function onSummary() {
      const left = store.total - at.trace.Columns.MOST;
      notice.hidden = left <= 0;
      const { count } = at.format;
      notice.textContent =
        `Showing ${count(at.trace.Columns.MOST)} of ${count(store.total)} spans, ` +
        "the first by their start. The figures above are of all.";
    }

    store.on("state", onState);
    store.on("summary", onSummary);
    // A span that has changed is fetched again when it is looked at.
    store.on("changed", ({ rows }) => {
      if (!rows || rows.length > 1000) return;
      for (const row of rows) at.trace.forgetPayload(store.traceId, store.id[row]);
    });
    const loader = at.trace.follow(store);
    const offKeys = at.trace.addKeys(store, views);
    const offUrl = at.url.on(() => {
      store.readUrl();
      tab();
    });
    at.trace.current = store;
    return () => {
      loading.stop();
      offUrl();
      offKeys();
      loader.close();
      for (const part of parts) part.destroy();
      views.destroy();
      if (at.trace.current === store) at.trace.current = null;
    };
  }

  at.pages.define("trace", { mount });
})();
