/** What to set where an agent did not record what was said. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  const SETTINGS = {
    audittrail: {
      name: "the AuditTrail client",
      setting: "capture_content=True",
    },
    openinference: {
      name: "OpenInference",
      setting: "OPENINFERENCE_HIDE_INPUTS=false OPENINFERENCE_HIDE_OUTPUTS=false",
    },
    otel_genai: {
      name: "OpenTelemetry GenAI",
      setting: "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY",
      note: " (true in older releases)",
    },
  };
  // Instrumentations of these scopes are told by settings of their own.
  const SCOPES = [
    ["opentelemetry.instrumentation.anthropic", "OpenLLMetry", "TRACELOOP_TRACE_CONTENT=true"],
    ["pydantic-ai", "Pydantic AI", "InstrumentationSettings(include_content=True)"],
    ["agent_framework", "Agent Framework", "ENABLE_SENSITIVE_DATA=true"],
  ];

  // A long setting is broken at its value, not within a word.
  const breakable = (setting) =>
    setting.split(/(?<==)/).flatMap((part, place) => (place ? [at.el("wbr"), part] : [part]));

  at.details ??= {};
  /** The sentence, with the setting to copy; null for spans of no known dialect. */
  at.details.noContent = (span) => {
    const scope = (span.scope && span.scope.name) || "";
    const own = SCOPES.find(([start]) => scope.startsWith(start));
    const known = own ? { name: own[1], setting: own[2] } : SETTINGS[span.dialect];
    const first = "The agent did not record message content.";
    if (!known) return at.el("p", { class: "at-note", text: first });
    return at.el(
      "p",
      { class: "at-note" },
      `${first} With ${known.name} set `,
      at.el("code", {}, breakable(known.setting)),
      known.note || "",
      ". ",
      at.copyButton(() => known.setting, "Setting"),
    );
  };
})();
