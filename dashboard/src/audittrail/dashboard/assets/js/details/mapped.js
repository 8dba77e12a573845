/** Which of a span's fields an attribute was read as. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  // Attribute, field, and what its value is multiplied by.
  const FIELDS = {
    model: ["Model", "audittrail.model", "llm.response.model_name", "llm.model_name",
      "gen_ai.response.model"],
    request_model: ["Model asked", "llm.request.model_name", "embedding.model_name",
      "reranker.model_name", "gen_ai.request.model"],
    provider: ["Provider", "audittrail.provider", "llm.provider", "llm.system",
      "gen_ai.provider.name", "gen_ai.system"],
    session_id: ["Session", "audittrail.session.id", "session.id", "gen_ai.conversation.id"],
    user_id: ["User", "audittrail.user.id", "user.id", "enduser.id", "gen_ai.user"],
    agent_name: ["Agent", "audittrail.agent.name", "agent.name", "graph.node.id",
      "gen_ai.agent.name", "gen_ai.workflow.name"],
    response_id: ["Response", "gen_ai.response.id"],
    tokens_in: ["Tokens in", "audittrail.tokens.in", "llm.token_count.prompt",
      "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"],
    tokens_out: ["Tokens out", "audittrail.tokens.out", "llm.token_count.completion",
      "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"],
    tokens_cached: ["Tokens cached", "audittrail.tokens.cached",
      "llm.token_count.prompt_details.cache_read", "gen_ai.usage.cache_read.input_tokens",
      "gen_ai.usage.cache_read_input_tokens"],
    tokens_reasoning: ["Tokens of reasoning", "audittrail.tokens.reasoning",
      "llm.token_count.completion_details.reasoning", "gen_ai.usage.reasoning.output_tokens",
      "gen_ai.usage.reasoning_tokens"],
    cost: ["Cost", "audittrail.cost", "llm.cost.total", "gen_ai.cost.total_cost",
      "gen_ai.usage.cost", "operation.cost"],
  };
  const READ_AS = new Map(
    Object.entries(FIELDS).flatMap(([field, [label, ...keys]]) =>
      keys.map((key) => [key, [field, label]]),
    ),
  );

  at.details ??= {};
  /** The words for a field whose value is that of the attribute; null if none took it. */
  at.details.mappedTo = (span, key) => {
    const found = READ_AS.get(key);
    if (!found) return null;
    const [field, label] = found;
    const same = String(span[field]) === String(span.attributes[key]);
    return same && span[field] !== null ? label : null;
  };
  at.details.mappedKeys = () => [...READ_AS.keys()];
})();
