/** A span as OTLP JSON, as it was received. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  at.details ??= {};
  at.details.otlpPath = (span) =>
    `/spans/${encodeURIComponent(span.trace_id)}/${encodeURIComponent(span.span_id)}/otlp`;

  at.details.rawTab = (span, state) => {
    const waiting = at.el("p", { class: "at-muted", text: "Loading" });
    const holder = at.el("div", { class: "at-raw" }, waiting);
    const file = `span-${span.span_id}.json`;
    const fill = async () => {
      let text;
      try {
        const answer = await at.api.blob(at.details.otlpPath(span));
        text = await answer.text();
      } catch (error) {
        at.clear(holder, at.failure(error, fill));
        return;
      }
      const given = JSON.parse(text);
      const body = given.data && !given.resourceSpans ? given.data : given;
      const words = JSON.stringify(body, null, 2);
      at.clear(
        holder,
        at.el(
          "div",
          { class: "at-raw-tools" },
          at.copyButton(() => words, "OTLP JSON", "Copy"),
          at.button({
            label: "Download",
            icon: "download",
            kind: "quiet",
            // As it came: numbers are written as the server wrote them.
            run: () => at.download(body === given ? text : words, file, "application/json"),
          }),
        ),
        at.details.textBlock(words, {
          mono: true,
          name: `span-${span.span_id}`,
          state: new Map([...state, ["text:raw:open", true]]),
          key: "raw",
        }),
      );
    };
    fill();
    return holder;
  };
})();
