/** The pieces of a prompt, each measured or pinned by a switch. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;

  function spanButton(store, source) {
    const row = source.span_id ? store.row(source.span_id) : -1;
    if (row < 0) return null;
    return at.button({
      icon: "link",
      kind: "quiet",
      title: `Show the span ${store.name[row]}`,
      run: () => store.select(row, { from: "sankey" }),
    });
  }

  function line(store, source, all, toggle) {
    const { words } = at.ablation;
    const copied = source.copy_of && all.find((each) => each.id === source.copy_of);
    const about = [
      source.group ? `in ${source.group}` : null,
      at.format.plural(source.tokens, "token"),
      source.copy_of ? `repeats ${copied ? copied.label : source.copy_of}` : null,
    ].filter(Boolean).join(", ");
    const box = el("input", {
      type: "checkbox",
      role: "switch",
      checked: !source.pinned,
      disabled: !source.switchable,
      data: { key: source.id },
      on: { change: () => toggle(source) },
    });
    return el("li", { class: source.pinned ? "at-ablation-pinned" : null },
      el("label", { class: "at-ablation-switch" },
        box,
        at.ablation.kindIcon(source.kind),
        el("span", { class: "at-ablation-label", text: source.label })),
      source.pinned
        ? el("span", {
            class: "at-chip",
            title: source.switchable
              ? "Stays in every call. Switch it on to measure it too." : "Stays in every call.",
            text: source.switchable ? "pinned" : "always pinned",
          })
        : null,
      el("span", { class: "at-ablation-opening at-muted", text: words.opening(source.text) }),
      el("span", { class: "at-muted at-small at-ablation-about", text: about }),
      spanButton(store, source));
  }

  /** ``{node, update()}``: the sources of the target's step, as the preview tells them. */
  at.ablation ??= {};
  at.ablation.buildSources = (store, choices) => {
    const head = el("p", { class: "at-muted" });
    const list = el("ul", { class: "at-ablation-sources" });
    const further = el("div", {});
    const node = el("div", { class: "at-ablation-pieces" },
      el("h3", { id: "at-ablation-pieces", text: "Sources" }), head, list, further);
    list.setAttribute("aria-labelledby", "at-ablation-pieces");

    function update() {
      const { preview } = choices;
      if (!preview) {
        at.clear(list);
        at.clear(further);
        head.textContent = choices.busy ? "Reading what this call was given..." : "";
        return;
      }
      const [step, ...others] = preview.steps;
      const { sources } = step;
      const measured = sources.filter((each) => !each.pinned).length;
      const pinned = sources.length - measured;
      head.textContent = `${at.format.count(measured)} of ${at.format.plural(sources.length, "source")} ` +
        `${measured === 1 ? "is" : "are"} masked in turn` +
        (pinned ? `; ${at.format.count(pinned)} pinned, in every call.` : ".");
      const focused = list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
      at.clear(list, sources.map((source) => line(store, source, sources, choices.toggle)));
      if (focused) [...list.querySelectorAll("input")].find((each) => each.dataset.key === focused)?.focus();
      at.clear(further, others.length
        ? [
            el("h3", { text: "Steps further back" }),
            el("p", { class: "at-muted", text: "Each is run if it turns out to matter for the step it feeds." }),
            el("ul", {}, others.map((each) => el("li", {},
              `${at.ablation.stepName(store, each)}: ${at.format.plural(each.sources.filter(({ pinned: kept }) => !kept).length, "source")}, ` +
              `up to ${at.format.plural(each.calls_at_most, "call")}`))),
          ]
        : null);
    }
    choices.on("preview", update);
    update();
    return { node, update };
  };
})();
