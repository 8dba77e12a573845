/** Acknowledging and waiving, with a reason that is kept. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;
  const KINDS = {
    acknowledged: ["Acknowledge", "Acknowledged.", "Seen. It counts still.", "What is being done about it?"],
    waived: ["Waive", "Waived.", "It is all right as it is, and counts no longer.", "Why is it all right?"],
    reopened: ["Reopen", "Reopened.", "It counts again.", "Why?"],
  };

  /** Ask for a reason, then send it. ``decided()`` is called when it is stored. */
  function decide(kind, ids, decided) {
    const [label, past, meaning, question] = KINDS[kind];
    const problem = el("p", { class: "at-problem", role: "alert", hidden: true });
    const reason = el("textarea", {
      class: "at-input at-reason",
      id: "at-reason",
      rows: "3",
      maxlength: "2000",
      placeholder: question,
    });
    const many = ids.length > 1 ? at.format.plural(ids.length, "violation") : "this violation";
    async function send() {
      if (reason.value.trim().length < 3) {
        problem.textContent = "A reason is needed. It is kept for ever, with your name.";
        problem.hidden = false;
        reason.focus();
        return false;
      }
      try {
        await at.api.send("POST", "/violations/decisions", { ids, kind, reason: reason.value.trim() });
      } catch (error) {
        problem.textContent = error.message;
        problem.hidden = false;
        return false;
      }
      at.toast(past, { kind: "ok" });
      decided();
      return true;
    }
    at.dialog({
      title: `${label} ${many}`,
      body: [
        el("p", { text: `${meaning} The reason is kept for ever, with your name and the time.` }),
        el("label", { for: "at-reason", text: "Reason" }),
        reason,
        problem,
      ],
      actions: [
        { label: "Cancel", run() {} },
        { label, kind: "primary", run: send },
      ],
    });
    reason.focus();
  }

  /** What can be said of a violation as it stands; nothing in the demonstration. */
  function decideButtons(violation, decided) {
    if (at.shell.who.demo || violation.status === "withdrawn") return null;
    const kinds = violation.status === "open" ? ["acknowledged", "waived"]
      : violation.status === "acknowledged" ? ["waived", "reopened"] : ["reopened"];
    return kinds.map((kind) =>
      at.button({ label: KINDS[kind][0], kind: "quiet", run: () => decide(kind, [violation.id], decided) }));
  }

  at.violations = Object.assign(at.violations || {}, { decide, decideButtons });
})();
