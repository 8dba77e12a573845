/** What is missing to re-run a model, and how to mend it. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;
  const LINES = "OPENAI_API_KEY=sk-...\nOPENAI_BASE_URL=https://api.openai.com/v1";

  /** A card for an endpoint that cannot be used; null for one that can. */
  at.ablation ??= {};
  at.ablation.setup = (endpoint) => {
    if (endpoint.configured && !endpoint.why_not) return null;
    return el("div", { class: "at-ablation-setup at-card" },
      el("h3", { text: "To run an ablation, the server needs a model endpoint" }),
      el("p", { text: endpoint.why_not || "Set these in the environment of the server and start it again." }),
      el("p", { class: "at-muted", text: "Any endpoint that speaks the OpenAI chat API will do. The key stays on the server." }),
      el("div", { class: "at-ablation-lines" },
        el("pre", { class: "at-mono", text: LINES }),
        at.copyButton(() => LINES, "Settings", "Copy")));
  };
  at.ablation.canRun = (endpoint) => endpoint.configured && !endpoint.why_not;
})();
