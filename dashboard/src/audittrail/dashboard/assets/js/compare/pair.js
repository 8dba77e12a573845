/** The selected pair of spans: what changed in its figures, and its input and output as a diff. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const MOST = 300000;
  const FIELDS = [
    ["status", "Status"],
    ["status_message", "Status message"],
    ["span_type", "Type"],
    ["model", "Model"],
    ["request_model", "Model asked"],
    ["agent_name", "Agent"],
    ["tokens_in", "Tokens in"],
    ["tokens_out", "Tokens out"],
    ["tokens_cached", "Tokens cached"],
    ["cost", "Cost"],
    ["finish_reason", "Finish reason"],
  ];

  const link = (letter, store, row) =>
    at.link(
      `/traces/${store.traceId}?span=${encodeURIComponent(store.id[row])}`,
      { class: "at-button at-button-plain" },
      `Open in ${letter}`,
    );

  function figures(one, two) {
    const changed = FIELDS.filter(([key]) => (one[key] ?? null) !== (two[key] ?? null));
    if (!changed.length) return null;
    const words = (key, value) =>
      value === null ? "--" : key === "cost" ? at.format.cost(value) : at.details.short(value, 400);
    return at.el(
      "dl",
      { class: "at-facts" },
      changed.map(([key, label]) => [
        at.el("dt", { text: label }),
        at.el("dd", {}, `${words(key, one[key])} → ${words(key, two[key])}`),
      ]),
    );
  }

  function texts(one, two) {
    const [a, b] = [at.compare.textOf(one), at.compare.textOf(two)];
    if (!a && !b) return at.el("p", { class: "at-muted", text: "--  (none recorded)" });
    if (a.length + b.length <= 2 * MOST) return at.diff.node(a, b);
    return [
      at.el("p", {
        class: "at-muted",
        text: `Compared up to ${at.format.bytes(MOST)} of each.`,
      }),
      at.diff.node(a.slice(0, MOST), b.slice(0, MOST)),
    ];
  }

  function single(letter, span) {
    const state = new Map();
    return [
      at.el("p", { text: `Only in ${letter}.` }),
      ["Input", "Output"].map((title) => {
        const held = span[title.toLowerCase()];
        const messages = at.details.messagesOf(held);
        return [
          at.el("h3", { text: title }),
          messages
            ? at.details.conversation(messages, [], { state })
            : at.details.value(held, { state, key: title, name: title.toLowerCase() }),
        ];
      }),
    ];
  }

  at.compare ??= {};
  at.compare.pair = (a, b) => {
    const root = at.el("section", { class: "at-compare-pair", aria: { label: "Selected pair" } });
    let turn = 0;

    async function show(line) {
      const mine = (turn += 1);
      const load = (store, row) =>
        row < 0 || store.ghost[row] ? null : at.trace.payload(store.traceId, store.id[row]);
      let found;
      try {
        found = await Promise.all([load(a, line.a), load(b, line.b)]);
      } catch (error) {
        if (mine === turn) at.clear(root, at.failure(error, () => show(line)));
        return;
      }
      if (mine !== turn) return;
      const [one, two] = found;
      const [store, row] = line.a >= 0 ? [a, line.a] : [b, line.b];
      at.clear(
        root,
        at.el(
          "header",
          {},
          at.el(
            "h2",
            {},
            at.typeIcon(store.type[row]),
            at.el("span", { text: at.details.short(store.name[row], 400) }),
          ),
          line.a >= 0 ? link("A", a, line.a) : null,
          line.b >= 0 ? link("B", b, line.b) : null,
        ),
        one && two
          ? [
              figures(one, two),
              ["Input", "Output"].map((title) => [
                at.el("h3", { text: title }),
                texts(one[title.toLowerCase()], two[title.toLowerCase()]),
              ]),
            ]
          : one || two
            ? single(one ? "A" : "B", one || two)
            : at.el("p", { class: "at-muted", text: "Its span has not been received." }),
      );
    }
    at.clear(
      root,
      at.el("p", {
        class: "at-muted",
        text: "Choose a line to see how its input and output differ.",
      }),
    );
    return { root, show };
  };
})();
