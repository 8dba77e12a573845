/** The figures of a span: model, tokens, cost, and where each came from. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const PARAMETERS = [
    "temperature", "top_p", "top_k", "max_tokens", "max_completion_tokens", "max_output_tokens",
    "seed", "stop", "stop_sequences", "frequency_penalty", "presence_penalty", "reasoning_effort",
    "choice.count", "encoding_formats",
  ];

  function parameters(span) {
    const own = span.attributes || {};
    const given = at.details.parsed(own["llm.invocation_parameters"]);
    const holder = at.details.isObject(given) ? given : {};
    return PARAMETERS.flatMap((name) => {
      const value = own[`gen_ai.request.${name}`] ?? holder[name];
      if (value === undefined || value === null) return [];
      return [`${name} ${typeof value === "object" ? JSON.stringify(value) : value}`];
    });
  }

  function tokens(span) {
    const known = [
      [span.tokens_in, "in"],
      [span.tokens_out, "out"],
      [span.tokens_cached, "cached"],
      [span.tokens_cache_write, "written to cache"],
      [span.tokens_reasoning, "reasoning"],
    ].filter(([n]) => n !== null && n !== undefined);
    if (!known.length) return null;
    const text = known.map(([n, what]) => `${at.format.tokens(n)} ${what}`).join(" / ");
    if (!(span.flags || []).includes("usage_estimated")) return text;
    return `${text} (estimated by the instrumentation: the stream told none)`;
  }

  function costWords(span, source) {
    const model = at.details.short(span.model || span.request_model || "the model");
    return {
      agent: "Reported by the agent in its spans.",
      estimated: `Tokens x price table (${model}).`,
      default: `${model} is not in the price table; default rate used.`,
      unpriced: "No tokens or no price. Not counted in the total.",
    }[source];
  }

  function cost(span) {
    const none = span.cost === null || span.cost === undefined;
    if (!span.cost_source && none && span.span_type !== "llm") return null;
    const source = span.cost_source || (none ? "unpriced" : null);
    const words = costWords(span, source);
    const unlisted = source === "default" || (source === "unpriced" && span.tokens_in !== null);
    return [
      source === "unpriced" ? "--" : at.format.cost(span.cost),
      " ",
      at.badge.cost(source, { title: words }),
      words ? at.el("div", { class: "at-muted at-small", text: words }) : null,
      unlisted ? at.link("/settings", { class: "at-small" }, "Add price") : null,
    ];
  }

  function model(span) {
    const [asked, answered] = [span.request_model, span.model];
    if (asked && answered && asked !== answered) return `asked ${asked}, answered ${answered}`;
    return answered || asked || null;
  }

  function plain(span) {
    return [
      ["Model", model(span)],
      ["Provider", span.provider],
      ["Parameters", parameters(span).join(", ")],
      ["Finish reason", span.finish_reason],
      ["First token", span.ttft_ms === null ? null : `after ${at.format.duration(span.ttft_ms)}`],
      ["Tokens", tokens(span)],
      ["Cost", cost(span)],
      ["Agent", span.agent_name],
      ["Framework", span.framework],
      ["Session", span.session_id && session(span.session_id)],
      ["User", span.user_id],
      ["Service", span.service_name],
      ["Environment", span.environment],
    ].filter(([, value]) => value !== null && value !== undefined && value !== "");
  }

  const shown = (value) => (typeof value === "string" ? at.details.short(value, 400) : value);
  const session = (id) =>
    at.link(
      `/sessions/${encodeURIComponent(id)}`,
      { title: "Open the session" },
      at.details.short(id),
    );

  at.details ??= {};
  at.details.facts = (span) => {
    const entries = plain(span);
    if (!entries.length) return null;
    return at.el(
      "dl",
      { class: "at-facts" },
      entries.map(([name, value]) => [at.el("dt", { text: name }), at.el("dd", {}, shown(value))]),
    );
  };
  at.details.tokensOf = tokens;
})();
