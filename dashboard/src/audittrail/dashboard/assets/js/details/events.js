/** What happened within a span: exceptions, events, links to other spans, log records. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const SHOWN = 100;

  const isException = (event) =>
    Boolean(event.attributes) &&
    (event.name === "exception" || Boolean(event.attributes["exception.type"]));

  const exceptionsOf = (span) => (span.events || []).filter(isException);

  // The frame in which it happened: Python tells it last, others first.
  function lastFrame(lines) {
    const python = lines.findLastIndex((line) => /^\s*File "/.test(line));
    if (python >= 0) {
      let end = python + 1;
      while (end < lines.length && /^\s+\S/.test(lines[end])) end += 1;
      return [python, end];
    }
    const first = lines.findIndex((line) => /^\s+at /.test(line));
    return first >= 0 ? [first, first + 1] : [0, 0];
  }

  function stack(text, how) {
    const short = text.slice(0, 50000);
    const lines = short.split("\n");
    if (short.length < text.length) return at.details.textBlock(text, { ...how, mono: true });
    const [from, to] = lastFrame(lines);
    const join = (part) => (part.length ? `${part.join("\n")}\n` : "");
    return at.el(
      "pre",
      { class: "at-stack", tabindex: "0", aria: { label: "Stack" } },
      join(lines.slice(0, from)),
      to > from ? at.el("strong", { text: join(lines.slice(from, to)) }) : null,
      join(lines.slice(to)),
    );
  }

  function exceptions(span, state) {
    const found = exceptionsOf(span);
    if (!found.length) {
      const text = span.status_message || "The span ended with an error and gave no message.";
      return at.el(
        "div",
        { class: "at-exception" },
        at.details.textBlock(text, { state, key: "status" }),
      );
    }
    return at.el(
      "div",
      {},
      found.map((event, place) => {
        const own = event.attributes || {};
        const trace = own["exception.stacktrace"];
        const key = `exception${place}`;
        return at.el(
          "div",
          { class: "at-exception" },
          at.el("strong", { text: at.details.short(own["exception.type"] || "Exception") }),
          own["exception.message"]
            ? at.details.textBlock(String(own["exception.message"]), { state, key })
            : null,
          typeof trace === "string" && trace ? stack(trace, { state, key: `${key}:stack` }) : null,
        );
      }),
    );
  }

  const nanos = (text) => (text ? BigInt(text) : null);
  function offset(span, time) {
    const [start, then] = [nanos(span.start_time_unix_nano), nanos(time)];
    if (start === null || then === null) return "--";
    const ms = Number(then - start) / 1e6;
    return `${ms < 0 ? "" : "+"}${at.format.duration(ms)}`;
  }

  function steps(entries, build) {
    const list = at.el("ol", { class: "at-events" });
    let built = 0;
    const more = at.el("button", { type: "button", class: "at-more", on: { click: next } });
    function next() {
      const to = Math.min(entries.length, built + SHOWN);
      for (; built < to; built += 1) list.append(build(entries[built], built));
      more.hidden = built === entries.length;
      more.textContent = `Show more of ${at.format.count(entries.length - built)}`;
    }
    next();
    return at.el("div", {}, list, more);
  }

  function attributes(given, how) {
    if (!given || !Object.keys(given).length) return null;
    return at.details.value(given, { ...how, nested: true });
  }

  // What was thrown is told above, with its stack.
  const rest = (event) =>
    isException(event)
      ? Object.fromEntries(
          Object.entries(event.attributes).filter(([key]) => !/^exception\./.test(key)),
        )
      : event.attributes;

  function events(span, state) {
    const order = [...span.events].sort((a, b) =>
      nanos(a.time_unix_nano) < nanos(b.time_unix_nano) ? -1 : 1,
    );
    return steps(order, (event, place) =>
      at.el(
        "li",
        {},
        at.el(
          "div",
          { class: "at-event-head" },
          at.el("span", {
            class: "at-number at-muted",
            text: offset(span, event.time_unix_nano),
            title: "After the start of the span",
          }),
          at.el("strong", { text: at.details.short(event.name || "event") }),
          isException(event)
            ? at.el("span", {
                class: "at-failed",
                text: at.details.short(event.attributes["exception.type"]),
              })
            : null,
        ),
        attributes(rest(event), { state, key: `event${place}` }),
      ),
    );
  }

  function links(span, state, store) {
    return steps(span.links, (link, place) => {
      const here = link.trace_id === store.traceId && store.row(link.span_id) >= 0;
      const open = here
        ? at.button({
            label: "Open linked span",
            icon: "link",
            run: () => store.select(store.row(link.span_id), { from: "details" }),
          })
        : at.link(
            `/traces/${link.trace_id}?span=${link.span_id}`,
            { class: "at-button at-button-plain" },
            at.icon("link"),
            at.el("span", { text: "Open linked trace" }),
          );
      return at.el(
        "li",
        {},
        at.el(
          "div",
          { class: "at-event-head" },
          open,
          at.el("span", {
            class: "at-mono at-muted",
            text: `${link.trace_id.slice(0, 8)} / ${link.span_id.slice(0, 8)}`,
            title: `${link.trace_id} / ${link.span_id}`,
          }),
        ),
        attributes(link.attributes, { state, key: `link${place}` }),
      );
    });
  }

  const chip = (text) => at.el("span", { class: "at-chip", text: at.details.short(text) });

  function logs(span, state) {
    return steps(span.logs, (log, place) =>
      at.el(
        "li",
        {},
        at.el(
          "div",
          { class: "at-event-head" },
          at.clock.node(at.clock.parse(log.time), "millis"),
          log.severity_text ? chip(log.severity_text) : null,
          at.el("strong", { text: at.details.short(log.event_name) }),
        ),
        log.body === null ? null : at.details.value(log.body, { state, key: `log${place}` }),
        attributes(log.attributes, { state, key: `log${place}:attributes` }),
      ),
    );
  }

  at.details ??= {};
  Object.assign(at.details, { exceptionsOf, exceptions, events, links, logs });
})();
