/** What one can take away of a span: its id, a link, its JSON, a call for it. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  const json = (span) => {
    const { received_versions: versions, ...own } = span;
    return JSON.stringify(own, null, 2);
  };

  function curl(span) {
    const path = `/spans/${encodeURIComponent(span.trace_id)}/${encodeURIComponent(span.span_id)}`;
    const address = location.origin + at.api.address(path);
    return `curl -H "Authorization: Bearer $AUDITTRAIL_API_KEY" "${address}"`;
  }

  at.details ??= {};
  /** Buttons for the span that ``shown()`` gives then; null while it is not there. */
  at.details.actions = (store, shown) => {
    const link = (span) =>
      `${location.origin}/traces/${store.traceId}?span=${encodeURIComponent(span.span_id)}`;
    const of = (run) => () => {
      const span = shown();
      if (span) run(span);
    };
    const more = at.button({ icon: "more", kind: "quiet", title: "Copy or download", run() {} });
    at.menu(more, () => [
      { label: "Copy id", icon: "copy", run: of((span) => at.copy(span.span_id, "Id")) },
      { label: "Copy link", icon: "link", run: of((span) => at.copy(link(span), "Link")) },
      { label: "Copy JSON", icon: "copy", run: of((span) => at.copy(json(span), "JSON")) },
      { label: "Copy cURL", icon: "copy", run: of((span) => at.copy(curl(span), "cURL call")) },
      {
        label: "Download JSON",
        icon: "download",
        run: of((span) =>
          at.download(json(span), `span-${span.span_id}.json`, "application/json")),
      },
    ]);
    return [
      at.button({
        icon: "link",
        kind: "quiet",
        title: "Copy link",
        keys: "y",
        run: of((span) => at.copy(link(span), "Link")),
      }),
      more,
    ];
  };
})();
