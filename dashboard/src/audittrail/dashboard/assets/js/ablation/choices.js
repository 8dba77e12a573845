/** What the reader wants to be measured, and what that would take: the preview follows it. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const TYPING_MS = 300;

  /** How ``target`` can be measured, the usual one first. */
  function measuresOf(target) {
    const tools = target.tool_calls.length > 0;
    const text = Boolean(target.text);
    const sentences = target.sentences.length > 1;
    const all = {
      text,
      sentence: text && sentences,
      decision: tools,
      arguments: tools,
      likelihood: text,
    };
    const order = target.kind === "decision"
      ? ["decision", "arguments", "text", "sentence", "likelihood"]
      : ["text", "sentence", "decision", "arguments", "likelihood"];
    const found = order.filter((each) => all[each]);
    return found.length ? found : [order[0]];
  }

  /** Events: targets (what there is has changed), changed (a choice), preview. */
  function createChoices(source) {
    const events = at.emitter();
    const included = new Set();
    const excluded = new Set();
    let chosen = { target: null, measure: null, sentence: 0, mode: "standard", steps: "all", model: "", usd: "" };
    let asked = 0;
    let byUser = false;

    const choices = {
      on: events.on,
      targets: [],
      endpoint: null,
      preview: null,
      error: null,
      busy: false,
      get chosen() {
        return chosen;
      },
      get target() {
        return choices.targets.find((each) => each.span_id === chosen.target) || null;
      },
      /** Words for what cannot be sent, or null. */
      get problem() {
        const text = chosen.usd.trim();
        return text && !(Number(text) > 0)
          ? "The budget is an amount in USD above 0, such as 0.50. Leave it empty for none." : null;
      },
      get body() {
        const usd = chosen.usd.trim();
        return {
          target: chosen.target,
          measure: chosen.measure,
          sentence: chosen.sentence,
          mode: chosen.mode,
          steps: chosen.steps,
          include: [...included],
          exclude: [...excluded],
          model: chosen.model.trim() || null,
          max_usd: usd ? Number(usd) : null,
        };
      },
      /** An overview of the API; the reader's own choice of a target stays. */
      put(overview) {
        choices.targets = overview.targets.filter((each) => !each.why_not);
        choices.endpoint = overview.endpoint;
        const kept = byUser && choices.target;
        const usual = choices.targets.find((each) => each.span_id === overview.default_target);
        const next = kept || usual || choices.targets.find((each) => each.is_final) || choices.targets[0];
        events.emit("targets");
        if (next && next.span_id !== chosen.target) aim(next);
      },
      setTarget(id) {
        byUser = true;
        const next = choices.targets.find((each) => each.span_id === id);
        if (next) aim(next);
      },
      set(change) {
        chosen = { ...chosen, ...change };
        events.emit("changed");
        if ("model" in change || "usd" in change) later();
        else refresh();
      },
      /** Pin a source that is measured, or measure one that is pinned. */
      toggle({ id, pinned }) {
        const [undo, make] = pinned ? [excluded, included] : [included, excluded];
        if (!undo.delete(id)) make.add(id);
        refresh();
      },
      refresh,
    };

    function aim(target) {
      included.clear();
      excluded.clear();
      chosen = { ...chosen, target: target.span_id, measure: measuresOf(target)[0], sentence: 0 };
      choices.preview = null;
      events.emit("changed");
      refresh();
    }

    const later = at.debounced(refresh, TYPING_MS);

    // Of answers that come out of order only the last one asked for counts.
    async function refresh() {
      const mine = (asked += 1);
      if (!chosen.target || choices.problem) {
        choices.busy = false;
        events.emit("preview");
        return;
      }
      choices.busy = true;
      events.emit("preview");
      let [preview, error] = [null, null];
      try {
        preview = await source.preview(choices.body);
      } catch (failed) {
        error = failed;
      }
      if (mine !== asked) return;
      choices.busy = false;
      choices.error = error;
      if (preview) choices.preview = preview;
      events.emit("preview");
    }

    return choices;
  }

  at.ablation ??= {};
  Object.assign(at.ablation, { createChoices, measuresOf });
})();
