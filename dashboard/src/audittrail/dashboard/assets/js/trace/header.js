/** The header of a trace: its name, how it stands, what can be done with it, its figures. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  function shellQuoted(text) {
    return `'${text.replace(/'/g, "'\\''")}'`;
  }

  function remove(store) {
    const name = store.summary.name || store.traceId;
    at.dialog({
      title: "Delete this trace?",
      body: [
        at.el("p", {}, "This deletes ", at.el("strong", { text: name }), " with ",
          `${at.format.plural(store.summary.span_count, "span")} and its log records. `,
          "It cannot be undone. Spans that arrive later start it anew."),
      ],
      actions: [
        { label: "Keep it", run() {} },
        {
          label: "Delete",
          kind: "danger",
          async run() {
            try {
              await at.api.send("DELETE", `/traces/${encodeURIComponent(store.traceId)}`);
            } catch (error) {
              at.toast(`Not deleted: ${error.message}`, { kind: "error" });
              return;
            }
            at.toast(`Deleted ${name}.`, { kind: "ok" });
            at.go("/traces");
          },
        },
      ],
    });
  }

  function menu(store) {
    const button = at.button({ icon: "more", title: "More", run() {} });
    const address = () => `${location.origin}${at.api.address(`/traces/${store.traceId}/skeleton`)}`;
    const removal = { label: "Delete trace...", icon: "trash", run: () => remove(store) };
    const list = at.menu(button, () => [
      { label: "Copy trace id", icon: "copy", run: () => at.copy(store.traceId, "Trace id") },
      { label: "Copy JSON link", icon: "link", run: () => at.copy(address(), "JSON link") },
      {
        label: "Copy API call",
        icon: "copy",
        run: () =>
          at.copy(
            `curl -H "Authorization: Bearer $AUDITTRAIL_API_KEY" ${shellQuoted(address())}`,
            "API call",
          ),
      },
      ...(at.shell.who.demo ? [] : [removal]),
    ]);
    return { button, close: () => list.close(false) };
  }

  function chip(icon, kind, keys, run, title = `Next (${keys})`) {
    const text = at.el("span", {});
    const node = at.el(
      "button",
      { type: "button", class: `at-chip at-chip-${kind}`, title, on: { click: run } },
      at.icon(icon),
      text,
    );
    return { node, text };
  }

  /** Following the newest span: on, paused by the reader, or not a matter of a finished trace. */
  function followButton(store) {
    const paused = at.el("span", { class: "at-muted", text: "Follow paused." });
    const button = at.button({
      label: "Follow on",
      keys: "f",
      title: "Keep the newest span in view",
      run: () => store.setFollowing(!store.following),
    });
    const node = at.el("span", { class: "at-follow" }, paused, button);
    return {
      node,
      update() {
        node.hidden = !store.live;
        paused.hidden = store.following;
        button.setAttribute("aria-pressed", String(store.following));
        button.querySelector("span").textContent = store.following ? "Follow on" : "Resume";
      },
    };
  }

  function buildHeader(header, toolbar, store) {
    const name = at.el("h1", { class: "at-trace-name" });
    const pill = at.el("span", { class: "at-pill-place", role: "status" });
    const words = at.el("span", { class: "at-trace-words" });
    const failed = chip("error", "error", "e", () => store.nextFailed(1));
    const violations = chip("violation", "violation", "v",
      () => at.violations.showAll(store), "All violations; v goes to the next");
    const follow = followButton(store);
    const more = menu(store);
    const figures = at.trace.kpis.build(store);
    const tools = at.trace.buildToolbar(toolbar, store);
    let shownStatus = null;

    header.append(
      at.el(
        "div",
        { class: "at-trace-line" },
        at.link(at.trace.neighbours.listPath(), { class: "at-back" }, "‹ Traces"),
        name,
        pill,
        words,
        failed.node,
        violations.node,
        at.el(
          "span",
          { class: "at-trace-id at-mono", title: store.traceId },
          store.traceId.slice(0, 8),
          at.copyButton(() => store.traceId, "Trace id"),
        ),
        at.el("span", { class: "at-header-fill" }),
        follow.node,
        at.button({
          icon: "link",
          label: "Share",
          title: "Copy a link to this picture",
          run: () => at.copy(location.href, "Link"),
        }),
        more.button,
      ),
      figures.node,
    );

    function setStatus() {
      const told = at.trace.words.status(store);
      if (told.status !== shownStatus) {
        at.clear(pill, at.badge.status(told.status));
        pill.className = `at-pill-place at-pill-${told.status}`;
        if (shownStatus) at.announce(`${store.summary.name}: ${at.badge.statusLabel(told.status)}`);
        shownStatus = told.status;
      }
      words.textContent = told.text || "";
      words.hidden = !told.text;
    }

    function setChip({ node, text }, many, words_) {
      node.hidden = !many;
      if (many) text.textContent = words_;
    }

    function update() {
      const { summary } = store;
      const called = summary.name || "Trace without a name";
      if (name.textContent !== called) {
        name.textContent = called;
        name.title = called;
        at.crumbs([["Traces", at.trace.neighbours.listPath()], [called, null]]);
      }
      setStatus();
      const { error_count: errors, violation_count: broken } = summary;
      setChip(failed, errors, at.format.plural(errors, "failed span"));
      setChip(violations, broken, at.format.plural(broken, "violation"));
      follow.update();
      figures.update();
      document.title = at.trace.words.title(store);
    }

    const paint = at.perFrame(update);
    const offs = [
      store.on("summary", paint),
      store.on("changed", paint),
      store.on("follow", () => follow.update()),
      store.on("critical", paint),
      store.on("tick", () => {
        figures.tick();
        setStatus();
      }),
    ];
    update();
    return {
      destroy() {
        for (const off of offs) off();
        more.close();
        figures.destroy();
        tools.destroy();
        document.title = "AuditTrail";
      },
    };
  }

  at.trace ??= {};
  at.trace.buildHeader = buildHeader;
})();
