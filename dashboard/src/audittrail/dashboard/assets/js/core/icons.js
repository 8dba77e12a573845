/** Icons as strokes on a 16 x 16 grid, and the letter icons of span types. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  const PATHS = {
    "chevron-down": "M4 6l4 4 4-4",
    "chevron-right": "M6 4l4 4-4 4",
    auto: "M8 2a6 6 0 100 12A6 6 0 008 2zM8 2v12",
    close: "M4 4l8 8M12 4l-8 8",
    columns: "M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10",
    copy: "M6 6h7v7H6zM10 6V3H3v7h3",
    download: "M8 2v8M4.5 7L8 10.5 11.5 7M3 13h10",
    error: "M8 3v6M8 12v1",
    external: "M9 3h4v4M13 3L7.5 8.5M11 9.5V13H3V5h3.5",
    filter: "M2.5 3h11L9.5 8v4.5l-3 1V8z",
    fit: "M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3",
    link: "M6.5 9.5l3-3M7 5l1.5-1.5a2.5 2.5 0 013.5 3.5L10.5 8.5M9 11l-1.5 1.5A2.5 2.5 0 014 9l1.5-1.5",
    menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
    "minus-zoom": "M7 3a4 4 0 100 8 4 4 0 000-8zM10 10l3.5 3.5M5 7h4",
    moon: "M12.5 9.5A5 5 0 016.5 3a5.2 5.2 0 106 6.5z",
    more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
    pause: "M5.5 3.5v9M10.5 3.5v9",
    play: "M5 3.5l7 4.5-7 4.5z",
    plus: "M8 3v10M3 8h10",
    "plus-zoom": "M7 3a4 4 0 100 8 4 4 0 000-8zM10 10l3.5 3.5M5 7h4M7 5v4",
    search: "M7 3a4 4 0 100 8 4 4 0 000-8zM10 10l3.5 3.5",
    sessions: "M2.5 3.5h8v5h-5l-3 2.5zM7.5 10.5h3l3 2.5v-7h-1",
    settings: "M2.5 5h6M11.5 5h2M2.5 11h2M7.5 11h6M10 3.5v3M6 9.5v3",
    sun: "M8 5.5a2.5 2.5 0 100 5 2.5 2.5 0 000-5zM8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2M3.4 3.4l1.4 1.4M11.2 11.2l1.4 1.4M3.4 12.6l1.4-1.4M11.2 4.8l1.4-1.4",
    traces: "M2.5 4h8M4.5 8h9M6.5 12h5",
    trash: "M3 4.5h10M6 4.5V3h4v1.5M4.5 4.5l.5 9h6l.5-9",
    user: "M8 3a2.5 2.5 0 100 5 2.5 2.5 0 000-5zM3 13.5c.6-2.5 2.5-3.7 5-3.7s4.4 1.2 5 3.7",
    violation: "M8 2.5l6 11H2z",
    warning: "M8 2.5l6 11H2zM8 6.5v3.5M8 11.8v.4",
  };

  // The letters as strokes within a 16 x 16 square.
  const LETTERS = {
    agent: "M4.6 12L8 4l3.4 8M5.8 9.4h4.4",
    llm: "M5.5 4v8h5.5",
    tool: "M4.5 4.2h7M8 4.2V12",
    retrieval: "M5.2 12V4.2h3.3a2.3 2.3 0 010 4.6H5.2M8.5 8.8l2.6 3.2",
    check: "M11.3 5.6A4 4 0 1011.3 10.4",
    step: "M10.8 5.2C9.9 3.7 5.6 3.7 5.6 6c0 2.5 5.2 1.5 5.2 4 0 2.4-4.6 2.4-5.6.7",
  };
  const LABELS = {
    agent: "Agent",
    llm: "LLM",
    tool: "Tool",
    retrieval: "Retrieval",
    check: "Check",
    step: "Step",
  };
  const TYPES = {
    agent: "agent",
    handoff: "agent",
    llm: "llm",
    chat: "llm",
    completion: "llm",
    tool: "tool",
    function: "tool",
    mcp: "tool",
    http: "tool",
    db: "tool",
    retriever: "retrieval",
    retrieval: "retrieval",
    embedding: "retrieval",
    reranker: "retrieval",
    guardrail: "check",
    evaluator: "check",
    judge: "check",
    check: "check",
  };

  /** A named icon; hidden from screen readers unless it has a ``label``. */
  at.icon = (name, label) =>
    at.svg(
      "svg",
      {
        class: "at-icon",
        viewBox: "0 0 16 16",
        role: label ? "img" : null,
        aria: { label: label || null, hidden: label ? null : "true" },
      },
      at.svg("path", { d: PATHS[name] || PATHS.more }),
    );

  /** One of the six types that a span is shown as; what is not known is a step. */
  at.typeOf = (spanType) => TYPES[String(spanType || "").toLowerCase()] || "step";
  at.typeLabel = (type) => LABELS[type];
  at.typeLetter = (type) => LETTERS[type];
  at.TYPES = Object.keys(LABELS);

  /** A square in the type's colour with its letter, and the type as hidden text. */
  at.typeIcon = (type) =>
    at.el(
      "span",
      { class: `at-type at-type-${type}`, title: LABELS[type] },
      at.svg(
        "svg",
        { viewBox: "0 0 16 16", aria: { hidden: "true" } },
        at.svg("path", { d: LETTERS[type] }),
      ),
      at.el("span", { class: "at-hidden", text: `${LABELS[type]} ` }),
    );
})();
