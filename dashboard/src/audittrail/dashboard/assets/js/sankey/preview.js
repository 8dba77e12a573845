/** What an ablation of a model call would do and cost, computed from what was recorded. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const NOTHING =
    "This trace has no model call with recorded input, so there is nothing to re-run.";
  const WHY = "This is a preview: nothing is called. This version does not run ablations.";
  const READING = "Reading what this call was given...";
  const MOST_TARGETS = 100;
  const MOST_LOOKED_AT = 10;
  // The full prompt is asked three times, to see whether the answer repeats; one of these counts
  // among the calls.
  const REPEATS = 2;
  const LONGER = 1.5;
  const MOST_SOURCES = 12;
  const KINDS = {
    system: ["system prompt", "system prompts"],
    user: ["user message", "user messages"],
    assistant: ["earlier model output", "earlier model outputs"],
    tool: ["tool result", "tool results"],
  };

  /** How many calls ``n`` sources take. */
  function callsFor(n) {
    if (n <= 5) return 2 ** n;
    if (n <= 8) return 48;
    return n <= 10 ? 64 : 96;
  }

  /** What a recorded input is made of: ``[kind, how many]``; null if none was recorded. */
  function sourcesOf(input) {
    const messages = at.details.messagesOf(input, "user");
    if (!messages || !messages.length) return null;
    const counted = new Map();
    for (const { role } of messages) {
      const kind = KINDS[role] ? role : "user";
      counted.set(kind, (counted.get(kind) || 0) + 1);
    }
    return counted;
  }

  function estimate(counted, call) {
    const found = [...counted.values()].reduce((sum, n) => sum + n, 0);
    const sources = Math.min(found, MOST_SOURCES);
    const calls = callsFor(sources) + REPEATS;
    return {
      found,
      sources,
      calls,
      tokens: call.into === null ? null : calls * call.into,
      cost: call.cost === null ? null : calls * call.cost * LONGER,
    };
  }

  function sentence({ calls, tokens, cost }) {
    const { format } = at;
    return (
      `${format.count(calls)} calls, ` +
      `${tokens === null ? "input tokens --" : `<= ${format.tokens(tokens)} input tokens`}, ` +
      `${cost === null ? "cost --" : `at most ${format.cost(cost)}`}`
    );
  }

  function how(told, call, store) {
    const { format } = at;
    const parts = [
      `An estimate: ${format.count(told.calls)} calls are ${format.count(told.calls - REPEATS)} ` +
        `prompts with some of ${format.plural(told.sources, "source")} masked, and ${REPEATS} ` +
        "repeats of the full prompt.",
    ];
    if (told.found > told.sources) {
      parts.push(`${format.count(told.found)} sources are put into ${MOST_SOURCES} groups.`);
    }
    parts.push(
      call.into === null
        ? "This call reported no tokens, so its input cannot be told."
        : `Input: ${format.count(told.calls)} x the ${format.tokens(call.into)} tokens that this ` +
          "call reported, as if nothing was masked.",
      call.cost === null
        ? "It has no recorded cost, so none can be told."
        : `Cost: ${format.count(told.calls)} x its recorded ${format.cost(call.cost)} x ` +
          `${LONGER}, ` +
          "since an answer may come out longer.",
    );
    if (store.model[call.row]) parts.push(`Model: ${store.model[call.row]}.`);
    return parts.join(" ");
  }

  /**
   * The panel of one trace; ``update(calls)`` when they have changed.
   * @returns {{node: Element, update: function(object[])}}
   */
  function createPreview(store) {
    const select = at.el("select", { class: "at-input", aria: { label: "Target" } });
    const body = at.el("div", { class: "at-sankey-told" });
    const node = at.el("section", { class: "at-sankey-preview at-card" });
    let calls = [];
    let chosen = null;
    let listed = [];
    let byUser = false;
    let asked = 0;

    async function inputOf(call) {
      try {
        return sourcesOf((await at.trace.payload(store.traceId, store.id[call.row])).input);
      } catch {
        return null;
      }
    }

    // From the end backwards: if none of the last has an input, the others have none either.
    async function hasInput() {
      const last = calls.slice(-MOST_LOOKED_AT);
      return (await Promise.all(last.map(inputOf))).some(Boolean);
    }

    async function show() {
      const mine = (asked += 1);
      const call = calls.find((each) => store.id[each.row] === chosen);
      if (!node.hasChildNodes() && call) {
        at.clear(body, at.el("div", { class: "at-muted", text: READING }));
        at.clear(node, at.el("div", {}, head()), body);
      }
      const counted = call ? await inputOf(call) : null;
      const any = counted ? true : await hasInput();
      if (mine !== asked) return;
      if (!any) {
        at.clear(node, at.el("p", { class: "at-sankey-nothing", text: NOTHING }));
        return;
      }
      if (!node.contains(select)) at.clear(node, at.el("div", {}, head()), body);
      if (!counted) {
        at.clear(body, at.el("p", { text: "This call has no recorded input. Choose another." }));
        return;
      }
      const told = estimate(counted, call);
      const kinds = [...counted].map(
        ([kind, n]) => `${at.format.count(n)} ${KINDS[kind][n > 1 ? 1 : 0]}`,
      );
      at.clear(
        body,
        at.el("p", {}, at.el("strong", { text: `${at.format.plural(told.found, "source")}: ` }),
          kinds.join(", ")),
        at.el(
          "p",
          { class: "at-sankey-costs" },
          at.el("strong", { text: sentence(told) }),
          call.cost === null ? null : at.badge.cost(store.costSource[call.row]),
        ),
        at.el("p", { class: "at-muted", text: how(told, call, store) }),
      );
    }

    function head() {
      return [
        at.el("h2", { text: "Run Ablation: what it would do and cost" }),
        at.el("p", {
          text:
            "Which sources made this call answer as it did? An ablation asks the model again " +
            "with some of them masked, and measures how the answer changes.",
        }),
        at.el("label", { class: "at-sankey-target" }, "Target ", select),
        at.el("p", { class: "at-muted", text: WHY }),
      ];
    }

    function options() {
      const shown = calls.slice(-MOST_TARGETS).reverse();
      const [low] = store.extent();
      const final = shown.find((call) => call.isFinal);
      const last = final || shown[0];
      if ((final && !byUser) || !shown.some((call) => store.id[call.row] === chosen)) {
        chosen = last ? store.id[last.row] : null;
      }
      const offered = shown.map((call) => [
        store.id[call.row],
        `${store.name[call.row]} +${at.format.duration(call.start - low)}` +
          `${call.isFinal ? " (final answer)" : ""}`,
      ]);
      // A list that is open would close if it were made anew.
      if (String(offered) !== String(listed)) {
        listed = offered;
        at.clear(select, offered.map(([value, text]) => at.el("option", { value, text })));
      }
      select.value = chosen;
    }

    select.addEventListener("change", () => {
      chosen = select.value;
      byUser = true;
      show();
    });
    return {
      node,
      update(found) {
        calls = found;
        options();
        show();
      },
    };
  }

  at.sankey ??= {};
  Object.assign(at.sankey, { createPreview, callsFor });
})();
