/** A filter's text cut into its terms, as the server reads them. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const TERM = /-?(?:[A-Za-z][\w.\-/]*:)?(?:"(?:[^"\\]|\\.)*"?|[^\s"])+/g;

  const KEYS = {
    status: "running, complete, error, incomplete",
    model: "a model that was called",
    tool: "a tool that was called",
    type: "agent, llm, tool, retrieval, check, step",
    name: "of a span",
    cost: "USD: >0.01",
    duration: ">2s, 400ms..1m",
    tokens: ">10k",
    spans: "how many: >100",
    errors: "failed spans: >0",
    violations: "how many",
    started: ">-24h, or a date",
    service: "",
    agent: "",
    session: "",
    user: "",
    env: "environment",
    id: "of the trace",
    input: "words in an input",
    output: "words in an output",
    "span.status": "ok, error, unset, running",
    "span.duration": ">2s",
    "has:error": "a span that failed",
    "has:violation": "",
    "has:link": "",
    "attr.": "an attribute: attr.tenant:acme",
  };
  const LISTED = new Set([
    "status", "model", "tool", "type", "name", "service", "agent", "session", "user", "env",
  ]);

  at.list ??= {};
  at.list.terms = {
    KEYS,
    /** Keys whose values the server can list. */
    LISTED,
    split: (text) => text.match(TERM) || [],
    quoted: (value) => (/[\s",]/.test(value) ? `"${value.replace(/(["\\])/g, "\\$1")}"` : value),
  };
})();
