/** A run: how far it is, what it found, and what is to be known about it. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;

  const share = ({ calls, calls_planned: planned }) => (planned ? Math.min(1, calls / planned) : 0);

  /** The banner of a step whose re-run came out differently, with both texts. */
  function banner(step, many) {
    const { words } = at.ablation;
    return el("div", { class: "at-ablation-differs", role: "note" },
      el("p", {}, many ? el("strong", { text: `${step.name}: ` }) : null, words.DIFFERS),
      el("details", {},
        el("summary", { text: "Both texts, and what differs" }),
        el("div", { class: "at-ablation-texts" },
          [["Recorded", step.recorded], ["Re-run", step.rerun]].map(([name, text]) =>
            el("figure", {},
              el("figcaption", { text: name }),
              el("blockquote", { class: "at-text", text: text || "--" })))),
        el("h3", { text: "Difference" }),
        at.diff.node(step.recorded || "", step.rerun || "")));
  }

  function told(run) {
    const { state } = run;
    const progress = run.progress || {};
    const { plural } = at.format;
    if (state === "failed") {
      return el("div", { class: "at-problem", role: "alert" },
        el("p", { text: run.error || "The ablation failed; the server gave no reason." }),
        run.graph ? el("p", { text: "What was measured before is kept, with wider intervals." }) : null);
    }
    if (state === "cancelled") {
      return el("p", { class: "at-notice", text:
        `Cancelled after ${at.format.count(progress.calls)} of ${plural(progress.calls_planned, "call")}. ` +
        "What was measured is kept; intervals are wider than they would have been." });
    }
    return null;
  }

  function facts(run) {
    const { words } = at.ablation;
    const progress = run.progress || {};
    const since = at.clock.parse(run.started_at || run.created_at);
    return el("div", { class: "at-ablation-facts at-muted" },
      el("span", {}, at.clock.node(since)),
      el("span", { text: `${run.model}${run.endpoint ? ` at ${run.endpoint}` : ""}` }),
      el("span", { text: (words.MEASURES[run.measure] || run.measure).toLowerCase() }),
      run.mode === "quick" ? el("span", { text: "quick" }) : null,
      progress.calls
        ? [
            el("span", { text: at.format.plural(progress.calls, "call") }),
            el("span", { text: `${at.format.tokens(progress.tokens_in)} in / ${at.format.tokens(progress.tokens_out)} out` }),
            el("span", { class: "at-sankey-costs" },
              `cost ${words.spent(progress)}`,
              at.badge.cost(progress.cost_source)),
            run.calls_trace_id
              ? at.link(`/traces/${encodeURIComponent(run.calls_trace_id)}`, {}, "Its calls as a trace") : null,
          ]
        : null);
  }

  /**
   * @param {{source: object, changed: function(), remove: function(object),
   *   resumed: function(string), canRun: function(): boolean, isFinal: function(string): boolean}} how
   * @returns {{node, put(run), destroy()}}
   */
  at.ablation ??= {};
  at.ablation.buildRun = (store, how) => {
    const { words } = at.ablation;
    const picture = at.ablation.buildPicture(store);
    const title = el("h2", { tabindex: "-1" });
    const state = el("span", { class: "at-ablation-state" });
    const bar = el("div", { class: "at-ablation-bar", role: "progressbar", aria: { label: "Calls done", valuemin: 0, valuemax: 100 } },
      el("div", {}));
    const count = el("p", { class: "at-ablation-count" });
    const cancel = at.button({ label: "Cancel, keep what is there", run: stop });
    const going = el("div", { class: "at-ablation-going" }, bar, count, cancel);
    const about = el("div", {});
    const notes = el("div", { class: "at-ablation-notes" });
    const waiting = el("p", { class: "at-muted" });
    const convention = el("p", { class: "at-muted at-small", text: words.CONVENTION });
    const tables = el("div", {});
    const files = at.ablation.exportButtons(() => ({
      name: `ablation-${store.traceId.slice(0, 8)}-${run.id.slice(-8)}`,
      title: title.textContent,
      svg: picture.svg(),
      run,
    }));
    const resume = at.button({ label: "Go on", icon: "play", title: "Go on with what is left; nothing is asked twice", run: goOn });
    const remove = at.button({ icon: "trash", label: "Delete", kind: "quiet", run: () => how.remove(run) });
    const node = el("div", { class: "at-ablation-result" },
      el("header", { class: "at-ablation-head" }, title, state, el("span", { class: "at-header-fill" }), resume, files, remove),
      about, going, notes, waiting, picture.node, convention, tables);
    const off = store.on("selected", mark);
    let run = null;
    let drawn = "";
    let noted = "";
    let stopping = false;

    async function stop() {
      if (stopping) return;
      stopping = true;
      cancel.setAttribute("aria-disabled", "true");
      try {
        put(await how.source.cancel(run.id));
        how.changed();
      } catch (error) {
        at.toast(`It could not be cancelled: ${error.message}`, { kind: "error" });
      }
      stopping = false;
      cancel.removeAttribute("aria-disabled");
    }

    async function goOn() {
      try {
        await how.source.resume(run.id);
        how.resumed(run.id);
      } catch (error) {
        at.toast(`It cannot go on: ${error.message}`, { kind: "error" });
      }
    }

    function mark() {
      const id = store.selected < 0 ? null : store.id[store.selected];
      for (const line of tables.querySelectorAll("tr[data-span]")) {
        if (line.dataset.span === id) line.setAttribute("aria-current", "true");
        else line.removeAttribute("aria-current");
      }
    }

    function keeping(place, redraw) {
      const focused = place.contains(document.activeElement) ? document.activeElement.dataset.key : null;
      redraw();
      if (focused) [...place.querySelectorAll("[data-key]")].find((each) => each.dataset.key === focused)?.focus({ preventScroll: true });
    }

    function put(next) {
      const before = run;
      run = next;
      const progress = run.progress || {};
      const over = words.isOver(run);
      const name = run.target ? run.target.name : "a model call";
      title.textContent = `Ablation of ${words.opening(name, 80)}${run.target && how.isFinal(run.target.span_id) ? " (final answer)" : ""}`;
      state.textContent = words.STATES[run.state] || run.state;
      state.className = `at-ablation-state at-ablation-state-${run.state}`;
      going.hidden = over;
      remove.hidden = !over || at.shell.who.demo;
      resume.hidden = !["cancelled", "failed"].includes(run.state) || at.shell.who.demo || !how.canRun();
      cancel.hidden = Boolean(at.shell.who.demo);
      const percent = Math.round(share(progress) * 100);
      bar.setAttribute("aria-valuenow", String(percent));
      bar.firstChild.style.setProperty("width", `${percent}%`);
      count.textContent = run.state === "queued" && !progress.calls ? "Waiting for its turn." : words.progress(progress);
      bar.setAttribute("aria-valuetext", count.textContent);
      at.clear(about, facts(run));
      const steps = run.steps || [];
      // A banner that is being read is not made anew.
      const differing = steps.filter((step) => step.reproduced === false);
      const notices = (run.notices || []).filter((text) =>
        !(differing.length && /the re-run does not reproduce the recorded answer/i.test(text)));
      const now = JSON.stringify([run.state, run.error, notices, differing.map((each) => [each.span_id, each.rerun])]);
      if (now !== noted) {
        noted = now;
        at.clear(notes, told(run), differing.map((step) => banner(step, steps.length > 1)),
          notices.map((text) => el("p", { class: "at-ablation-notice", text })));
      }
      const picked = JSON.stringify([run.graph, steps, over]);
      if (picked !== drawn) {
        drawn = picked;
        picture.node.hidden = !run.graph;
        if (run.graph) {
          picture.put(run.graph, {
            causal: true,
            settled: over,
            label: "Sources of the answer, by their shares. The table below says the same.",
          });
        }
        convention.hidden = steps.length < 2 || !run.graph;
        keeping(tables, () => at.clear(tables, steps.map((step) => at.ablation.drawTable(store, step, steps.length > 1, over))));
        mark();
      }
      waiting.hidden = Boolean(run.graph) || run.state === "failed";
      waiting.textContent = over ? "Nothing was measured." : "The first calls are under way.";
      if (before && before.id === run.id && !words.isOver(before) && over) {
        at.announce(`Ablation ${words.STATES[run.state].toLowerCase()}: ${words.progress(progress)}`);
      }
    }

    return {
      node,
      put,
      focus: () => title.focus(),
      draw: picture.draw,
      destroy() {
        off();
        picture.destroy();
      },
    };
  };
})();
