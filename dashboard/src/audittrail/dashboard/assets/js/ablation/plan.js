/** Before a run: what is to be measured, what it would take, and the button. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;

  /** Buttons of which one is pressed. */
  function oneOf(label, pairs, run) {
    const buttons = pairs.map(([value, text, title]) =>
      [value, at.button({ label: text, title, pressed: false, run: () => run(value) })]);
    return {
      node: el("div", { class: "at-ablation-field" },
        el("span", { aria: { hidden: "true" }, text: label }),
        el("div", { class: "at-ablation-choice", role: "group", aria: { label } },
          buttons.map(([, button]) => button))),
      put(value) {
        for (const [each, button] of buttons) button.setAttribute("aria-pressed", String(each === value));
      },
    };
  }

  function field(id, label, input, note) {
    input.id = id;
    if (note) input.setAttribute("aria-describedby", `${id}-note`);
    return el("div", { class: "at-ablation-field" },
      el("label", { for: id, text: label }),
      input,
      note ? el("span", { class: "at-muted at-small", id: `${id}-note`, text: note }) : null);
  }

  /** What a refused preview says, and what to do about it. */
  function refusal(error, retry) {
    if (!error.status || error.status >= 500) return at.failure(error, retry);
    return el("div", { class: "at-ablation-refused" },
      el("p", { class: "at-problem", role: "alert", text: error.message }),
      at.button({ label: "Try again", run: retry }));
  }

  /**
   * @param {{started: function(object), source: object}} how ``started(run)`` when one was started
   */
  at.ablation ??= {};
  at.ablation.buildPlan = (store, choices, how) => {
    const { words } = at.ablation;
    const target = at.ablation.buildTarget(store, choices, { measured: true });
    const sources = at.ablation.buildSources(store, choices);
    const mode = oneOf("Precision", [
      ["standard", "Standard", "As many calls as good intervals need"],
      ["quick", "Quick", "Fewer calls, wider intervals"],
    ], (value) => choices.set({ mode: value }));
    const steps = oneOf("How far", [
      ["one", "Only this step", "Explain the target by the pieces of its own prompt"],
      ["all", "All the way back", "Also explain earlier model outputs that matter"],
    ], (value) => choices.set({ steps: value }));
    const model = el("input", {
      class: "at-input", type: "text", autocomplete: "off", spellcheck: "false",
      on: { input: () => choices.set({ model: model.value }) },
    });
    const usd = el("input", {
      class: "at-input", type: "text", inputmode: "decimal", autocomplete: "off", placeholder: "as the server allows",
      on: { input: () => choices.set({ usd: usd.value }) },
    });
    const told = el("div", { class: "at-ablation-figures", aria: { live: "polite" } });
    const problem = el("div", {});
    const setup = el("div", {});
    const why = el("p", { id: "at-ablation-why", class: "at-muted", hidden: true });
    const button = at.button({ label: "Run Ablation", icon: "play", kind: "primary", run });
    const form = el("div", { class: "at-ablation-plan at-card" },
      el("div", { class: "at-ablation-asked" },
        target.node,
        el("div", { class: "at-ablation-row" }, mode.node, steps.node),
        el("div", { class: "at-ablation-row" },
          field("at-ablation-model", "Model", model, "Empty: the model that was recorded."),
          field("at-ablation-usd", "Budget, USD", usd, "The run ends before it is exceeded."))),
      el("div", { class: "at-ablation-run" }, told, problem, el("div", { class: "at-ablation-go" }, button, why)),
      sources.node);
    const node = el("div", {},
      el("p", { text:
        "Which pieces of its prompt made a model answer as it did? An ablation asks the model again with " +
        "some of them masked, and measures how the answer changes." }),
      setup, form);
    let starting = false;
    let failure = null;

    const isReady = () => Boolean(choices.preview && !choices.busy && !choices.error &&
      !choices.problem && !starting && at.ablation.canRun(choices.endpoint) && !at.shell.who.demo);

    async function run() {
      if (!isReady()) return;
      starting = true;
      failure = null;
      update();
      try {
        how.started(await how.source.start(choices.body));
      } catch (error) {
        failure = error;
      }
      starting = false;
      update();
    }

    function update() {
      const { preview, chosen, endpoint, busy, error } = choices;
      mode.put(chosen.mode);
      steps.put(chosen.steps);
      if (document.activeElement !== model) model.value = chosen.model;
      model.placeholder = (choices.target && choices.target.model) || (endpoint && endpoint.model) || "";
      told.toggleAttribute("aria-busy", busy);
      at.clear(told,
        preview && !error && !choices.problem
          ? [
              el("p", { class: "at-sankey-costs" },
                el("strong", { text: words.figures(preview) }),
                at.badge.cost(preview.cost_source)),
              el("p", { class: "at-muted", text: describe(preview) }),
              (preview.notices || []).map((text) => el("p", { class: "at-muted", text })),
              tight(preview) ? el("p", { class: "at-ablation-tight", text: tight(preview) }) : null,
            ]
          : null);
      at.clear(problem,
        choices.problem ? el("p", { class: "at-problem", role: "alert", text: choices.problem }) : null,
        !choices.problem && error ? refusal(error, choices.refresh) : null,
        failure ? refusal(failure, run) : null);
      at.clear(setup, endpoint && !at.shell.who.demo ? at.ablation.setup(endpoint) : null);
      const reason = at.shell.who.demo ? words.READ_ONLY
        : endpoint && !at.ablation.canRun(endpoint) ? "No model endpoint can be used; see above." : "";
      why.textContent = reason;
      why.hidden = !reason;
      // It keeps the focus, and says why.
      button.setAttribute("aria-disabled", String(!isReady()));
      if (reason) button.setAttribute("aria-describedby", "at-ablation-why");
      else button.removeAttribute("aria-describedby");
    }

    function describe(preview) {
      const host = preview.endpoint && preview.endpoint.host;
      return `With ${preview.model}${host ? ` at ${host}` : ""}. Nothing is called before you press the button.`;
    }

    function tight(preview) {
      const limit = Number(choices.chosen.usd);
      if (!(limit > 0) || !(preview.cost >= limit)) return null;
      return `A budget of ${words.usd(limit)} may not be enough: the run ends before it is exceeded, and ` +
        "keeps what was measured, with wider intervals.";
    }

    for (const event of ["targets", "changed", "preview"]) choices.on(event, update);
    at.shell.known().then(update, () => {});
    update();
    return { node, update };
  };
})();
