/** Which call is explained, and which part of what it said. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;
  const MOST_LISTED = 200;
  let made = 0;

  /** The name of a step with when it began: many steps of an agent have one name. */
  function stepName(store, { span_id: id, name }) {
    const row = store.row(id);
    return row < 0 ? name : `${name} +${at.format.duration(store.start[row] - store.extent()[0])}`;
  }

  function nameOf(target, store) {
    const what = target.is_final ? " (final answer)"
      : target.tool_calls.length ? ` (chose ${target.tool_calls.join(", ")})` : "";
    return `${stepName(store, target)}${what}`;
  }

  /** A select that is left alone while its options are the same, so that an open list stays. */
  function picker(label, run) {
    const id = `at-ablation-pick-${(made += 1)}`;
    const select = el("select", { class: "at-input", id, on: { change: () => run(select.value) } });
    const node = el("div", { class: "at-ablation-field" }, el("label", { for: id, text: label }), select);
    let listed = "";
    return {
      node,
      put(options, value) {
        const now = JSON.stringify(options);
        if (now !== listed) {
          listed = now;
          at.clear(select, options.map(([key, text]) => el("option", { value: key, text })));
        }
        select.value = value;
      },
    };
  }

  /** Fields that set the target of ``choices``; ``measured`` also how it is measured. */
  at.ablation ??= {};
  at.ablation.stepName = stepName;
  at.ablation.buildTarget = (store, choices, { measured }) => {
    const target = picker("Target", choices.setTarget);
    const measure = picker("What is explained", (value) => choices.set({ measure: value }));
    const sentence = picker("Sentence", (value) => choices.set({ sentence: Number(value) }));
    const text = el("blockquote", { class: "at-ablation-answer at-text" });
    const node = el("div", { class: "at-ablation-target" },
      target.node, measured ? [measure.node, sentence.node] : null, text);

    function update() {
      const { target: found, chosen, targets } = choices;
      const listed = targets.slice(-MOST_LISTED).reverse();
      if (found && !listed.includes(found)) listed.unshift(found);
      target.put(listed.map((each) => [each.span_id, nameOf(each, store)]), chosen.target);
      if (!found) return;
      const ways = at.ablation.measuresOf(found);
      measure.put(ways.map((way) => [way, at.ablation.words.MEASURES[way]]), chosen.measure);
      sentence.put(found.sentences.map((each, place) =>
        [String(place), `${place + 1}. ${at.ablation.words.opening(each, 80)}`]), String(chosen.sentence));
      sentence.node.hidden = chosen.measure !== "sentence";
      const tools = found.tool_calls.join(", ");
      const ofTool = ["decision", "arguments"].includes(chosen.measure) && measured;
      const said = chosen.measure === "sentence" && measured ? found.sentences[chosen.sentence]
        : ofTool || !found.text ? `${tools ? `Called ${tools}` : "No text"}` : found.text;
      text.textContent = said;
    }
    choices.on("targets", update);
    choices.on("changed", update);
    update();
    return { node, update };
  };
})();
