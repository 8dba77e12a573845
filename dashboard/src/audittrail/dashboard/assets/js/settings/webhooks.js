/** Webhooks: where alerts go, whether they arrive, and what was answered. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;
  const FORMS = [["json", "JSON, signed"], ["slack", "Slack and alike"]];

  /** The secret is in the answer that makes a webhook, and nowhere else. */
  function showSecret(made) {
    at.dialog({
      title: "Webhook added",
      body: [
        el("p", { text: "With this secret the receiver checks that an alert is ours. It is shown this once." }),
        el("p", { class: "at-settings-line" }, el("code", { class: "at-break", text: made.secret }), at.copyButton(() => made.secret, "Secret")),
      ],
      actions: [{ label: "Done", kind: "primary", run() {} }],
    });
  }

  function logOf(attempts) {
    if (!attempts.length) return el("p", { class: "at-muted", text: "Nothing was sent yet." });
    return el("div", { class: "at-scroll", tabindex: "0", role: "region", aria: { label: "Deliveries" } },
      el("table", { class: "at-table" },
        el("thead", {}, el("tr", {}, ["Time", "About", "Attempt", "State", "Answer"].map((text) => el("th", { scope: "col", text })))),
        el("tbody", {}, attempts.filter((each) => each.attempt).map((each) =>
          el("tr", {},
            el("td", {}, at.clock.node(at.clock.parse(each.at))),
            el("td", { text: each.topic }),
            el("td", { class: "at-number", text: String(each.attempt) }),
            el("td", { text: each.state }),
            el("td", { text: each.error || String(each.status_code ?? "") }))))));
  }

  /** @returns {Element} */
  function webhooks(readOnly) {
    const told = el("p", { class: "at-problem", role: "alert", hidden: true });
    const list = el("ul", { class: "at-rule-switches" });
    const field = el("input", { class: "at-input at-webhook-url", id: "at-webhook-url", type: "url", placeholder: "https://", autocomplete: "off" });
    const select = (label, pairs, chosen) =>
      el("select", { class: "at-input", aria: { label } }, pairs.map(([value, text]) =>
        el("option", { value, text, selected: value === chosen })));
    const form = select("Form", FORMS, "json");
    const least = select("From severity", at.violations.SEVERITIES.map((each) => [each, `${each} and above`]), "high");

    function problem(error) {
      told.textContent = error ? error.message : "";
      told.hidden = !error;
    }
    async function asked(run) {
      try {
        problem(null);
        await run();
      } catch (error) {
        problem(error);
      }
    }
    const add = () => asked(async () => {
      const { data } = await at.api.send("POST", "/webhooks", { url: field.value.trim(), form: form.value, least_severity: least.value });
      field.value = "";
      showSecret(data);
      await load();
    });
    const test = (hook) => asked(async () => {
      const { data } = await at.api.send("POST", `/webhooks/${hook.id}/test`);
      if (data.state === "delivered") at.toast("The test arrived.", { kind: "ok" });
      else at.toast(`The test did not arrive: ${data.error}`, { kind: "error" });
    });
    const log = (hook) => asked(async () => {
      const { data } = await at.api.get(`/webhooks/${hook.id}/deliveries`);
      at.dialog({ title: "Deliveries", kind: "at-dialog-wide", body: [logOf(data)] });
    });
    const change = (hook) => asked(async () => {
      await at.api.send("PATCH", `/webhooks/${hook.id}`, { enabled: !hook.enabled });
      await load();
    });
    const remove = (hook) => at.dialog({
      title: "Delete this webhook?",
      body: [el("p", { class: "at-break", text: `${hook.url} gets no more alerts, and its log is deleted.` })],
      actions: [
        { label: "Cancel", run() {} },
        { label: "Delete", kind: "danger", run: () => void asked(async () => {
          await at.api.send("DELETE", `/webhooks/${hook.id}`);
          await load();
        }) },
      ],
    });

    function row(hook) {
      return el("li", {},
        el("span", { class: "at-break", text: hook.url }),
        el("span", { class: "at-muted at-small", text: `${hook.form}, ${hook.least_severity} and above${hook.enabled ? "" : ", off"}` }),
        readOnly ? null : [
          at.button({ label: "Test", run: () => test(hook) }),
          at.button({ label: "Log", kind: "quiet", run: () => log(hook) }),
          at.button({ label: hook.enabled ? "Switch off" : "Switch on", kind: "quiet", run: () => change(hook) }),
          at.button({ icon: "trash", kind: "quiet", title: "Delete", run: () => remove(hook) }),
        ]);
    }
    async function load() {
      const { data } = await at.api.get("/webhooks");
      at.clear(list, data.length ? data.map(row) : el("li", { class: "at-muted", text: "None yet. A webhook is told once of each rule that a trace breaks." }));
    }
    asked(load);
    return el("section", { class: "at-block", id: "webhooks", aria: { labelledby: "at-webhooks" } },
      el("h2", { id: "at-webhooks", text: "Alerts" }),
      list,
      readOnly
        ? null
        : el("form", {
            class: "at-settings-line",
            on: {
              submit(event) {
                event.preventDefault();
                add();
              },
            },
          },
          el("label", { for: "at-webhook-url", text: "Send to" }),
          field, form, least,
          el("button", { type: "submit", class: "at-button at-button-primary" }, el("span", { text: "Add webhook" }))),
      told);
  }

  at.settings = Object.assign(at.settings || {}, { webhooks });
})();
