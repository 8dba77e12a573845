/** How long traces are kept, and what a change would delete. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;
  const MOST_DAYS = 36500;

  const days = (count) => `${at.format.count(count)} ${count === 1 ? "day" : "days"}`;
  const traces = (count) => `${at.format.count(count)} ${count === 1 ? "trace" : "traces"}`;

  /** @returns {Element} */
  function retention(readOnly) {
    const told = el("p", { class: "at-problem", role: "alert", hidden: true });
    const preview = el("p", { class: "at-settings-preview", role: "status" });
    const field = el("input", {
      class: "at-input at-settings-days",
      id: "at-days",
      inputmode: "numeric",
      autocomplete: "off",
      placeholder: "keep all",
      disabled: readOnly,
      on: { input: () => look() },
    });
    const save = at.button({ label: "Save", kind: "primary", run: () => submit() });
    let kept = null;
    let asked = 0;
    save.disabled = true;

    function problem(text) {
      told.textContent = text || "";
      told.hidden = !text;
    }

    /** A number of days, null to keep all, undefined if it is neither. */
    function wanted() {
      const text = field.value.trim();
      if (!text) return null;
      const count = Number(text);
      return /^\d+$/.test(text) && count >= 1 && count <= MOST_DAYS ? count : undefined;
    }

    /** How many traces would go; null if it is not known. */
    async function look() {
      const mine = (asked += 1);
      const count = wanted();
      problem(
        count === undefined
          ? `Give whole days from 1 to ${at.format.count(MOST_DAYS)}, or nothing to keep all.`
          : null,
      );
      save.disabled = readOnly || count === undefined || count === kept;
      if (count === undefined) {
        preview.textContent = "";
        return null;
      }
      if (count === null) {
        preview.textContent = "Nothing is deleted.";
        return 0;
      }
      try {
        const { data } = await at.api.get("/settings/retention/preview", { days: count });
        if (mine !== asked) return null;
        const verb = count === kept ? "Deletes" : "Would delete";
        preview.textContent = `${verb} ${traces(data.traces)} older than ${days(count)}.`;
        return data.traces;
      } catch (error) {
        if (mine === asked) problem(error.message);
        return null;
      }
    }

    async function store(count) {
      try {
        const { data } = await at.api.send("PUT", "/settings/retention", { days: count });
        kept = data.days;
        at.toast(kept === null ? "All traces are kept." : `Traces are kept ${days(kept)}.`, {
          kind: "ok",
        });
        await look();
      } catch (error) {
        problem(error.message);
      }
    }

    async function submit() {
      const count = wanted();
      const gone = await look();
      if (gone === null) return;
      if (!gone) {
        await store(count);
        return;
      }
      at.dialog({
        title: `Delete ${traces(gone)}?`,
        body: [
          el("p", {
            text:
              `${traces(gone)} had no data for ${days(count)}. They are deleted within a minute, ` +
              "and so is each later one at that age. This cannot be undone.",
          }),
        ],
        actions: [
          { label: "Cancel", run() {} },
          { label: "Delete and save", kind: "danger", run: () => void store(count) },
        ],
      });
    }

    async function load() {
      try {
        const { data } = await at.api.get("/settings/retention");
        kept = data.days;
        field.value = kept === null ? "" : String(kept);
        await look();
      } catch (error) {
        problem(error.message);
      }
    }

    load();
    return el(
      "section",
      { class: "at-block", id: "retention", aria: { labelledby: "at-retention" } },
      el("h2", { id: "at-retention", text: "Retention" }),
      el("p", {
        class: "at-muted",
        text: "A trace is deleted when no data came for it for this long. It applies to your traces only.",
      }),
      el(
        "form",
        {
          class: "at-settings-line",
          on: {
            submit(event) {
              event.preventDefault();
              if (!save.disabled) submit();
            },
          },
        },
        el("label", { for: "at-days", text: "Keep traces for" }),
        field,
        "days",
        readOnly ? null : save,
      ),
      told,
      preview,
    );
  }

  at.settings = Object.assign(at.settings || {}, { retention });
})();
