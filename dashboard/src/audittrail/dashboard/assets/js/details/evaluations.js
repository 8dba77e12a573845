/** What judges said of a span. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  // The scale of a score is the judge's own, so it is shown as the number that it is.
  function score(value) {
    return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
  }

  function one(told) {
    const about = { trace: "of the trace", session: "of the session" }[told.about];
    const judge = [told.judge, told.identifier].filter(Boolean).join(", ");
    return at.el(
      "li",
      { class: "at-evaluation" },
      at.el(
        "div",
        { class: "at-evaluation-head" },
        at.el("strong", { text: at.details.short(told.name) }),
        told.score === null ? null : at.el("span", { class: "at-number", text: score(told.score) }),
        told.label ? at.el("span", { class: "at-evaluation-label", text: at.details.short(told.label) }) : null,
        told.error ? at.el("span", { class: "at-failed", text: `not judged: ${told.error}` }) : null,
        at.el("span", {
          class: "at-muted at-small",
          text: [about, judge && `by ${judge}`].filter(Boolean).join(" "),
        }),
      ),
      told.explanation ? at.el("div", { class: "at-text", text: told.explanation }) : null,
    );
  }

  at.details ??= {};
  at.details.evaluations = (all) => at.el("ul", { class: "at-evaluations" }, all.map(one));
})();
