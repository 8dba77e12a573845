/** The Sankey tab's first part: planning an ablation, watching it, reading it, comparing two. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;
  const REST_MS = 5000;
  const GONE = "No ablation with this id belongs to this trace. It may have been deleted.";

  /** ``{node, shown(), hidden(), changed(), destroy()}``. The address says what is shown: ``run`` is
   * an id, ``new`` or ``overlap``; ``against`` is a second id. */
  function createSection(store) {
    const { words } = at.ablation;
    const source = at.ablation.createSource(store);
    const choices = at.ablation.createChoices(source);
    const body = el("div", {});
    const runs = at.ablation.buildRuns({
      open: (id) => go({ run: id, against: null }),
      compare: (a, b) => go({ run: a, against: b }),
      remove,
    });
    const tabs = [["new", "Ablation"], ["overlap", "Text overlap"]].map(([value, label]) =>
      [value, at.button({ label, pressed: false, run: () => go({ run: value === "new" ? usual() : value, against: null }) })]);
    const fresh = at.button({ label: "New ablation", icon: "plus", run: () => go({ run: "new", against: null }) });
    const bar = el("div", { class: "at-ablation-tabs", hidden: true },
      el("div", { class: "at-ablation-choice", role: "group", aria: { label: "What is shown" } }, tabs.map(([, button]) => button)),
      fresh);
    const node = el("section", { class: "at-ablation", aria: { label: "Ablation" } }, bar, body, runs.node);

    const built = {};
    let overview = null;
    let isShown = false;
    let asking = false;
    let timer = 0;
    let stale = true;
    let current = ""; // what is in the body
    let stop = null; // following a run
    let route = 0;
    let toFocus = false;

    /** What the address asks for; what there is to see where it asks for nothing. */
    function usual() {
      const active = overview.runs.find((run) => !words.isOver(run));
      const done = overview.runs.find((run) => ["complete", "cancelled"].includes(run.state));
      if (active || done) return (active || done).id;
      return "new";
    }
    function wanted() {
      const given = at.url.get("run");
      if (given) return given;
      const found = usual();
      return found === "new" && !at.ablation.canRun(overview.endpoint) ? "overlap" : found;
    }

    function go(values) {
      at.url.set(values, { push: true });
      toFocus = true;
      show();
    }

    const part = (name, make) => (built[name] ??= make());

    function put(name, ...children) {
      current = name;
      at.clear(body, children);
    }

    function remove(run) {
      at.ablation.removeRun(source, run, () => {
        overview.runs = overview.runs.filter((each) => each.id !== run.id);
        if ([at.url.get("run"), at.url.get("against")].includes(run.id)) at.url.set({ run: null, against: null });
        current = "";
        show();
        load();
      });
    }

    function show() {
      if (!isShown || !overview) return;
      const nothing = !choices.targets.length && !overview.runs.length;
      bar.hidden = nothing;
      if (nothing) {
        halt();
        runs.put([], null);
        put("nothing", el("p", { class: "at-sankey-nothing", text: words.NOTHING }));
        return;
      }
      const what = wanted();
      const against = at.url.get("against");
      const kind = ["new", "overlap"].includes(what) ? what : "run";
      for (const [value, button] of tabs) {
        button.setAttribute("aria-pressed", String(value === (what === "overlap" ? "overlap" : "new")));
      }
      fresh.hidden = kind !== "run";
      runs.put(overview.runs, kind === "run" && !against ? what : null);
      const name = `${what} ${against || ""}`;
      if (name === current) return;
      halt();
      if (kind === "run") (against ? showBoth(what, against) : showRun(what));
      else if (!choices.targets.length) put(name, el("p", { class: "at-sankey-nothing", text: words.NOTHING }));
      else if (kind === "overlap") {
        const view = part("overlap", () => at.ablation.buildOverlap(store, choices));
        put(name, view.node);
        view.draw();
      } else {
        const view = part("plan", () => at.ablation.buildPlan(store, choices, { source, started }));
        put(name, el("h2", { text: "Run Ablation" }), view.node);
        view.update();
      }
      toFocus = false;
    }

    function started(run) {
      overview.runs = [run, ...overview.runs];
      go({ run: run.id, against: null });
    }

    function halt() {
      route += 1;
      if (stop) stop();
      stop = null;
    }

    function showRun(id) {
      const view = part("run", () => at.ablation.buildRun(store, {
      source,
      changed: load,
      remove,
      canRun: () => at.ablation.canRun(overview.endpoint),
      isFinal: (span) => overview.default_target === span,
      resumed() {
        current = "";
        load();
      },
    }));
      const focus = toFocus;
      let first = true;
      current = `${id} `;
      const known = overview.runs.find((run) => run.id === id);
      if (known && !words.isOver(known)) {
        put(`${id} `, view.node);
        view.put(known);
      } else if (!body.contains(view.node)) at.clear(body, el("p", { class: "at-muted", role: "status", text: "Loading the ablation..." }));
      stop = source.follow(id, {
        told(run) {
          if (first) put(`${id} `, view.node);
          view.put(run);
          if (first) {
            view.draw();
            if (focus) view.focus();
          }
          first = false;
          const place = overview.runs.findIndex((each) => each.id === id);
          const { steps, graph, ...summary } = run;
          if (place >= 0) overview.runs[place] = summary;
          else overview.runs = [summary, ...overview.runs];
          runs.put(overview.runs, id);
        },
        failed: (error) => first && fail(error, () => {
          current = "";
          show();
        }),
      });
    }

    async function showBoth(a, b) {
      const mine = route;
      const focus = toFocus;
      put(`${a} ${b}`, el("p", { class: "at-muted", role: "status", text: "Loading both ablations..." }));
      try {
        const found = await Promise.all([source.run(a), source.run(b)]);
        if (mine !== route) return;
        const [one, two] = found.map((run) => ({ ...run, steps: run.steps || [] }));
        put(`${a} ${b}`, at.ablation.drawCompare(one, two, (id) => go({ run: id, against: null })));
        if (focus) body.querySelector("h2").focus();
      } catch (error) {
        if (mine === route) fail(error, () => {
          current = "";
          show();
        });
      }
    }

    function fail(error, retry) {
      if (error.status === 404) {
        halt();
        at.clear(body, el("p", { class: "at-problem", role: "alert", text: GONE }));
      } else at.clear(body, at.failure(error, retry));
    }

    async function load() {
      if (asking || !isShown) {
        stale = true;
        return;
      }
      stale = false;
      asking = true;
      try {
        overview = await source.overview();
        await at.shell.known().catch(() => null);
        choices.put(overview);
        show();
      } catch (error) {
        if (!overview && isShown) {
          put("", at.failure(error, load));
        }
      }
      asking = false;
      clearTimeout(timer);
      timer = setTimeout(() => stale && load(), REST_MS);
    }

    const offUrl = at.url.on(() => show());
    const offRun = store.on("ablation", ({ run }) => {
      // Begun in another window, or by a program.
      if (overview && !overview.runs.some((each) => each.id === run)) load();
    });

    return {
      node,
      shown() {
        isShown = true;
        if (!overview) load();
        else {
          if (stale && !asking) load();
          show();
        }
        for (const view of Object.values(built)) if (view.draw) view.draw();
      },
      hidden() {
        isShown = false;
        if (current && stop) {
          halt();
          current = "";
        }
      },
      /** The trace has changed: there may be more to explain. */
      changed() {
        if (stale) return;
        stale = true;
        clearTimeout(timer);
        timer = setTimeout(load, REST_MS);
      },
      destroy() {
        isShown = false;
        halt();
        clearTimeout(timer);
        offUrl();
        offRun();
        for (const view of Object.values(built)) if (view.destroy) view.destroy();
      },
    };
  }

  at.ablation ??= {};
  at.ablation.createSection = createSection;
})();
