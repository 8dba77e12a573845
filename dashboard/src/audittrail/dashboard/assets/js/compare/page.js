/** The compare page: figures of two traces, their spans side by side, the texts of one pair. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  async function load(traceId) {
    const store = at.trace.createStore(traceId);
    const answer = await at.api.get(`/traces/${encodeURIComponent(traceId)}/skeleton`);
    store.putSkeleton(answer.data);
    return store;
  }

  function picker(a, b) {
    const field = (name, label, value) =>
      at.el(
        "label",
        {},
        at.el("span", { text: label }),
        at.el("input", {
          class: "at-input at-mono",
          name,
          value: value || "",
          required: true,
          autocomplete: "off",
          placeholder: "Trace id",
        }),
      );
    const form = at.el(
      "form",
      {
        class: "at-compare-picker",
        on: {
          submit(event) {
            event.preventDefault();
            const given = new FormData(form);
            const [one, two] = ["a", "b"].map((name) =>
              encodeURIComponent(String(given.get(name)).trim()),
            );
            open(one, two);
          },
        },
      },
      field("a", "A", a),
      field("b", "B", b),
      at.el("button", { type: "submit", class: "at-button at-button-primary", text: "Compare" }),
    );
    return form;
  }

  const open = (a, b) => at.go(`/compare?a=${a}&b=${b}`);

  function choose(root, a, b, problem) {
    at.clear(
      root,
      at.el("h1", { text: "Compare two traces" }),
      problem ? at.el("p", { class: "at-problem", role: "alert", text: problem }) : null,
      picker(a, b),
      at.el(
        "p",
        { class: "at-muted" },
        "Or ",
        at.link("/traces", {}, "choose two traces in the list"),
        " and press Compare there.",
      ),
    );
  }

  function words(error, letter) {
    if (error.status !== 404) return `${letter}: ${error.message}`;
    return (
      `${letter}: No trace with this id in your account. It may have been deleted by retention ` +
      "or belong to another account."
    );
  }

  function build(root, a, b) {
    const pair = at.compare.pair(a, b);
    const tree = at.compare.tree(a, b, (line) => {
      const [x, y] = [line.a >= 0 ? a.id[line.a] : null, line.b >= 0 ? b.id[line.b] : null];
      at.url.set({ span: x || `b:${y}` });
      pair.show(line).then(reveal);
    });
    // Below the lines where there is no room beside them.
    const reveal = () => {
      if (matchMedia("(max-width: 1199px)").matches) {
        pair.root.scrollIntoView({ block: "nearest" });
      }
    };
    const lines = at.compare.align(a, b);
    const told = at.el("p", { class: "at-compare-told", role: "status" });
    const only = at.el("input", { type: "checkbox", on: { change: () => show() } });
    let read = null;

    function show() {
      tree.set(lines, only.checked);
      const many = { same: 0, changed: 0, a: 0, b: 0 };
      for (const line of lines) many[line.kind] += 1;
      const parts = [
        `${at.format.count(many.same)} same`,
        `${at.format.count(many.changed)} changed`,
        `${at.format.count(many.a)} only in A`,
        `${at.format.count(many.b)} only in B`,
      ];
      const all = many.same === lines.length && read;
      const end =
        read === null
          ? " Reading inputs and outputs..."
          : read
            ? ""
            : " Inputs and outputs are compared for the selected line only.";
      told.textContent = `${all ? "No difference but in time. " : ""}${parts.join(", ")}.${end}`;
    }

    at.clear(
      root,
      at.el(
        "header",
        { class: "at-compare-top" },
        at.el("h1", { text: "Compare" }),
        at.button({
          label: "Swap A and B",
          keys: "s",
          run: () => open(b.traceId, a.traceId),
        }),
        at.button({ label: "Choose others", run: () => choose(root, a.traceId, b.traceId) }),
      ),
      at.compare.kpis(a.summary, b.summary),
      at.el(
        "div",
        { class: "at-compare-tools" },
        at.el("label", {}, only, " Only what differs"),
        told,
        at.el("span", { class: "at-muted at-small", text: "Bars: A filled, B outlined" }),
      ),
      at.el("div", { class: "at-compare-body" }, tree.node, pair.root),
    );
    show();
    const wanted = at.url.get("span");
    if (wanted) {
      const place = lines.findIndex((line) =>
        wanted.startsWith("b:")
          ? line.b >= 0 && b.id[line.b] === wanted.slice(2)
          : line.a >= 0 && a.id[line.a] === wanted,
      );
      if (place >= 0) tree.select(place);
    }
    at.compare
      .readContents(a, b, lines)
      .catch(() => false)
      .then((done) => {
        read = done;
        if (root.isConnected) show();
      });
    const add = (keys, label, run) => at.keys.add({ keys, label, group: "Compare", run });
    const removers = [
      add("s", "Swap A and B", () => open(b.traceId, a.traceId)),
      add("n", "Next difference", () => tree.next(1)),
      add("N", "Previous difference", () => tree.next(-1)),
    ];
    return () => {
      tree.destroy();
      for (const remove of removers) remove();
    };
  }

  function mount(root) {
    let done = null;
    let turn = 0;

    async function start() {
      const mine = (turn += 1);
      if (done) done();
      done = null;
      const [a, b] = [at.url.get("a"), at.url.get("b")];
      if (!a || !b) {
        choose(root, a, b);
        return;
      }
      at.clear(root, at.el("h1", { text: "Compare" }), at.el("p", { text: "Loading two traces" }));
      const [one, two] = await Promise.allSettled([load(a), load(b)]);
      if (mine !== turn) return;
      const problems = [
        one.reason && words(one.reason, "A"),
        two.reason && words(two.reason, "B"),
      ].filter(Boolean);
      if (problems.length) choose(root, a, b, problems.join(" "));
      else done = build(root, one.value, two.value);
    }

    at.crumbs([["Compare", null]]);
    start();
    let query = location.search;
    const again = () => {
      if (location.pathname !== "/compare" || location.search === query) return;
      const [a, b] = [at.url.get("a"), at.url.get("b")].map(String);
      const before = new URLSearchParams(query);
      query = location.search;
      if (a !== String(before.get("a")) || b !== String(before.get("b"))) start();
    };
    const off = at.url.on(again);
    // A link to this same page, which Dash does not build anew.
    window.addEventListener("_dashprivate_pushstate", again);
    return () => {
      turn += 1;
      off();
      window.removeEventListener("_dashprivate_pushstate", again);
      if (done) done();
    };
  }

  at.pages.define("compare", { mount });
})();
