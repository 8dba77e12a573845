/** A trace as a line of the list. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;

  const COLUMNS = [
    { name: "tick", label: "" },
    { name: "status", label: "Status" },
    { name: "name", label: "Name, first input" },
    { name: "started", label: "Started", sort: "start_time" },
    { name: "duration", label: "Duration", sort: "duration" },
    { name: "spans", label: "Spans", sort: "span_count" },
    { name: "failed", label: "Failed", sort: "error_count" },
    { name: "tokens", label: "Tokens in / out", sort: "tokens" },
    { name: "cost", label: "Cost", sort: "cost" },
    { name: "violations", label: "Viol." },
  ];

  /** Head of the list; ``sort(key)`` is called when a column's name is pressed. */
  function head(sort) {
    const cells = COLUMNS.map((column) =>
      el(
        "div",
        {
          class: `at-list-cell at-list-${column.name}`,
          role: "columnheader",
          data: { sort: column.sort },
        },
        column.sort
          ? el("button", {
              type: "button",
              class: "at-head",
              text: column.label,
              title: `Sort by ${column.label.toLowerCase()}`,
              on: { click: () => sort(column.sort) },
            })
          : el("span", { class: column.name === "tick" ? "at-hidden" : "", text: column.label || "Chosen" }),
      ),
    );
    return el("div", { class: "at-list-head", role: "row" }, cells);
  }

  function mark(node, key, value, build) {
    if (node.dataset.shown === value) return;
    node.dataset.shown = value;
    at.clear(node, build());
  }

  /** A line of which every part is filled again by ``fill``. */
  function make(id, { tick, open }) {
    const cell = (name, ...children) =>
      el("div", { class: `at-list-cell at-list-${name}`, role: "gridcell" }, children);
    const box = el("input", { type: "checkbox", tabindex: "-1", on: { click: onTick } });
    const link = el("a", { class: "at-list-link", tabindex: "-1", on: { click: onLink } });
    const preview = el("div", { class: "at-list-preview" });
    const extras = el("span", { class: "at-list-extras" });
    const parts = {
      tick: cell("tick", box),
      status: cell("status"),
      name: cell("name", el("div", { class: "at-list-title" }, link, extras), preview),
      started: cell("started"),
      duration: cell("duration"),
      spans: cell("spans"),
      failed: cell("failed"),
      tokens: cell("tokens"),
      cost: cell("cost"),
      violations: cell("violations"),
    };
    const node = el("div", { id, class: "at-list-row", role: "row" }, Object.values(parts));
    node.addEventListener("click", (event) => {
      if (event.target.closest("input, a, button")) return;
      open(Number(node.dataset.value));
    });
    function onTick(event) {
      event.stopPropagation();
      tick(Number(node.dataset.value));
    }
    function onLink(event) {
      event.stopPropagation();
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      open(Number(node.dataset.value));
    }
    return { node, parts, box, link, preview, extras };
  }

  function costOf(trace) {
    const { cost, cost_source: source, unpriced_spans: unpriced } = trace;
    if (cost === null || cost === undefined) {
      return trace.llm_calls || unpriced
        ? [el("span", { text: "--" }), unpriced ? at.badge.cost("unpriced", { short: true }) : null]
        : [el("span", { text: "--" })];
    }
    const missing = unpriced ? `at least; ${at.format.plural(unpriced, "call")} without a price` : null;
    return [
      el("span", { title: missing, text: `${unpriced ? ">= " : ""}${at.format.cost(cost)}` }),
      source === "mixed"
        ? el("span", { class: "at-badge at-badge-unpriced", title: "From several sources", text: "Mixed" })
        : at.badge.cost(source, { short: true }),
      unpriced
        ? el("span", { class: "at-list-missing", title: missing, text: `${at.format.count(unpriced)} U` })
        : null,
    ];
  }

  function extrasOf(trace) {
    const models = trace.models || [];
    const more = models.length > 1 ? ` +${models.length - 1}` : "";
    const place = trace.environment || trace.service_name;
    return [
      models.length ? el("span", { class: "at-pill", title: models.join(", "), text: models[0] + more }) : null,
      place ? el("span", { class: "at-pill", title: "Environment", text: place }) : null,
      trace.session_id
        ? at.link(
            `/sessions/${encodeURIComponent(trace.session_id)}`,
            { class: "at-pill", tabindex: "-1", title: `Session ${trace.session_id}` },
            trace.session_id,
          )
        : null,
      trace.user_id ? el("span", { class: "at-pill", title: "User", text: trace.user_id }) : null,
    ];
  }

  function durationOf(trace, now) {
    if (trace.status === "running" && trace.start_time) {
      return `${at.format.duration(Math.max(0, now - at.clock.parse(trace.start_time)))} ...`;
    }
    return at.format.duration(trace.duration_ms);
  }

  /** Put a trace into a line. */
  function fill(line, trace, { ticked, active, now }) {
    const { parts, node } = line;
    const name = trace.name || trace.agent_name || trace.trace_id.slice(0, 8);
    node.classList.toggle("at-list-active", active);
    node.setAttribute("aria-selected", String(ticked));
    line.box.checked = ticked;
    line.box.setAttribute("aria-label", `Choose ${name}`);
    line.link.href = `/traces/${trace.trace_id}`;
    line.link.textContent = name;
    const words = trace.preview || "";
    if (line.preview.textContent !== words) line.preview.textContent = words;
    line.preview.title = words;
    mark(parts.status, "status", trace.status, () => at.badge.status(trace.status));
    mark(line.extras, "extras", JSON.stringify([trace.models, trace.environment, trace.service_name, trace.session_id, trace.user_id]), () => extrasOf(trace));
    const started = at.clock.parse(trace.start_time || trace.last_received_at);
    mark(parts.started, "started", String(started), () => at.clock.node(started));
    parts.duration.textContent = durationOf(trace, now);
    parts.spans.textContent = at.format.count(trace.span_count);
    mark(parts.failed, "failed", String(trace.error_count), () =>
      trace.error_count
        ? el("span", { class: "at-list-errors", title: at.format.plural(trace.error_count, "failed span"), text: `! ${at.format.count(trace.error_count)}` })
        : el("span", { class: "at-muted", text: "-" }),
    );
    const { tokens_in: read, tokens_out: written } = trace;
    parts.tokens.textContent =
      read === null && written === null ? "--" : `${at.format.count(read)} / ${at.format.count(written)}`;
    mark(parts.cost, "cost", JSON.stringify([trace.cost, trace.cost_source, trace.unpriced_spans]), () => costOf(trace));
    mark(parts.violations, "violations", String(trace.violation_count), () =>
      trace.violation_count
        ? el("span", { class: "at-mark-violation", text: `▲ ${at.format.count(trace.violation_count)}` })
        : el("span", { class: "at-muted", text: "-" }),
    );
  }

  at.list ??= {};
  at.list.row = { COLUMNS, head, make, fill, costOf };
})();
