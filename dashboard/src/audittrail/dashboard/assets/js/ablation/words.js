/** What is said of ablations: kinds of sources, numbers, and sentences that must be exact. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { UNKNOWN } = at.format;

  // Kind: what it is called, the type whose colour it has, and its letter as strokes.
  const KINDS = {
    prior: ["Model prior / pinned prompt", "prior", "M5.4 12V4.2h3.2a2.4 2.4 0 010 4.8H5.4"],
    system: ["System prompt", "step", at.typeLetter("step")],
    user: ["User message", "step", "M4.6 4v4.6a3.4 3.4 0 006.8 0V4"],
    assistant: ["Earlier model output", "llm", at.typeLetter("llm")],
    llm: ["Earlier model output", "llm", at.typeLetter("llm")],
    tool: ["Tool result", "tool", at.typeLetter("tool")],
    document: ["Document", "retrieval", "M5 4h2.6a4 4 0 010 8H5z"],
    target: ["Answer", "llm", at.typeLetter("llm")],
    other: ["Others", "step", "M8 4.2a3.8 3.8 0 100 7.6 3.8 3.8 0 000-7.6z"],
  };
  const kind = (name) => {
    const [label, type, letter] = KINDS[name] || KINDS.other;
    return { label, type, letter };
  };

  const LINKS = {
    cause: "Ribbon: its width is the source's share",
    prior: "Model prior / pinned prompt: what the answer is worth without any source",
    zero: "Hollow: not distinguishable from zero",
    suppressor: "Suppressor: works against the answer; outside the balance",
    structural: "Dashed: a call and its result, no measurement",
    unmeasured: "Dotted: feeds only what has no influence further on",
    overlap: "Hatched: words in common with the answer",
  };

  const MEASURES = {
    text: "The whole answer",
    sentence: "One sentence of it",
    decision: "Which tool it chose",
    arguments: "The arguments it gave",
    likelihood: "How likely the recorded answer is",
  };
  const STATES = {
    queued: "Queued",
    running: "Running",
    complete: "Complete",
    cancelled: "Cancelled",
    failed: "Failed",
  };
  const INTERVALS = {
    exact: "Exact: every combination of sources was run.",
    measured: "Every combination of sources was run; intervals are from the spread of repeats.",
    "model-based":
      "Intervals are model-based: not every combination of sources was run, the rest is estimated.",
  };

  /** ``-0.12``; two decimals, as phi and everything between 0 and 1 is told. */
  const number = (value) => {
    if (typeof value !== "number" || !Number.isFinite(value)) return UNKNOWN;
    const text = value.toFixed(2);
    return text === "-0.00" ? "0.00" : text;
  };
  const interval = ({ low, high }) =>
    typeof low === "number" && typeof high === "number"
      ? `${number(low)} to ${number(high)}` : UNKNOWN;

  /** USD of an estimate: two significant digits, and cents at least. ``$0.021``, ``$0.50``. */
  function usd(value) {
    if (typeof value !== "number" || !Number.isFinite(value)) return UNKNOWN;
    if (value === 0) return "$0";
    if (value >= 1) return at.format.cost(value);
    const decimals = Math.min(20, Math.max(2, 1 - Math.floor(Math.log10(value))));
    const text = value.toFixed(decimals);
    const short = text.replace(/0+$/, "");
    const least = text.indexOf(".") + 3;
    return `$${short.length >= least ? short : text.slice(0, least)}`;
  }

  /** ``48 calls, <= 61,000 input tokens, about $0.021, at most $0.034`` */
  function figures(told) {
    const { calls, calls_at_most: most, cost, cost_at_most: bound } = told;
    const { count, plural } = at.format;
    const many = most > calls ? `${count(calls)} to ${plural(most, "call")}` : plural(calls, "call");
    const tokens = told.tokens_in_at_most ?? told.tokens_in;
    const parts = [
      many,
      Number.isFinite(tokens) ? `<= ${count(tokens)} input tokens` : "input tokens --",
    ];
    if (!Number.isFinite(cost) && !Number.isFinite(bound)) parts.push("cost --");
    if (Number.isFinite(cost)) parts.push(`about ${usd(cost)}`);
    if (Number.isFinite(bound)) parts.push(`at most ${usd(bound)}`);
    return parts.join(", ");
  }

  /** What a run cost by now: a lower bound where some calls have no price, ``--`` where none has. */
  function spent({ cost, cost_source: from, unpriced_calls: unpriced }) {
    if (typeof cost !== "number" || from === "unpriced") return UNKNOWN;
    return unpriced ? `>= ${usd(cost)}` : usd(cost);
  }

  /** ``17 of 50 calls, $0.004 so far`` */
  function progress(told) {
    const { count } = at.format;
    const done = `${count(told.calls)} of ${count(told.calls_planned)} calls`;
    if (!told.calls) return done;
    const cost = spent(told);
    return `${done}, ${cost === UNKNOWN ? "cost --" : `${cost} so far`}`;
  }

  at.ablation ??= {};
  at.ablation.words = {
    NOTHING: "This trace has no model call with recorded input, so there is nothing to re-run.",
    OVERLAP: "Text overlap (not causal; no model was re-run)",
    DIFFERS:
      "The re-run does not reproduce the recorded answer. What is shown explains the re-run, " +
      "not the record.",
    ZERO: "not distinguishable from zero",
    CONVENTION:
      "The share along a path is the product of the shares of its steps. This is a convention, " +
      "not a measured total effect.",
    READ_ONLY:
      "The demo is read-only, so nothing can be run here. With an account you can run an " +
      "ablation of your own traces.",
    LINKS,
    MEASURES,
    STATES,
    INTERVALS,
    kind,
    number,
    interval,
    usd,
    spent,
    figures,
    progress,
    isOver: (run) => !["queued", "running"].includes(run.state),
    /** Its first words, on one line. */
    opening(text, most = 90) {
      return at.sankey.cut(String(text || "").replace(/\s+/g, " ").trim(), most);
    },
  };

  /** A square with the kind's letter in its type's colour; the kind is hidden text. */
  at.ablation.kindIcon = (name) => {
    const { label, type, letter } = kind(name);
    return at.el(
      "span",
      { class: `at-type at-type-${type}`, title: label },
      at.svg("svg", { viewBox: "0 0 16 16", aria: { hidden: "true" } }, at.svg("path", { d: letter })),
      at.el("span", { class: "at-hidden", text: `${label} ` }),
    );
  };
})();
