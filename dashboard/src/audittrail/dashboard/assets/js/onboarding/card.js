/** "Send your first trace": for whoever has none yet. Flips when the first one arrives. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;
  const ASK_MS = 3000;
  const PLACEHOLDER = "sk-at-...";

  function testTrace() {
    const hex = (bytes) =>
      Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) =>
        byte.toString(16).padStart(2, "0"),
      ).join("");
    const now = Date.now();
    const [trace, root] = [hex(16), hex(8)];
    const time = (ms) => new Date(now + ms).toISOString();
    const span = (fields) => ({ trace_id: trace, status: "ok", ...fields });
    return [
      span({ span_id: root, name: "test-agent", span_type: "agent", start_time: time(-900), end_time: time(0), input: "Is anybody there?", output: "Yes: this trace was sent by your browser." }),
      span({ span_id: hex(8), parent_span_id: root, name: "look", span_type: "tool", start_time: time(-700), end_time: time(-200) }),
    ];
  }

  /**
   * Build the card into ``root``.
   * @returns {{destroy: function(), keep: function(): boolean}} ``keep`` says whether the card tells
   *   of the first trace now, and should stay a moment.
   */
  function build(root) {
    const url = location.origin;
    let key = null;
    let needsKey = true;
    let chosen = at.onboarding.snippets[0];
    let closed = false;
    let first = null;
    const began = Date.now();

    const code = el("pre", { class: "at-snippet", tabindex: "0", aria: { label: "Lines to copy" } });
    const tabs = el("div", { class: "at-tabs", role: "tablist", aria: { label: "How to send" } });
    const keyLine = el("div", { class: "at-onboarding-key" });
    const refused = el("p", { class: "at-problem", role: "alert", hidden: true });
    const waiting = el("p", { class: "at-onboarding-waiting", role: "status" },
      el("span", { class: "at-pulse", aria: { hidden: "true" } }), "Waiting for the first trace...");
    const test = at.button({ label: "Send a test trace", icon: "play", run: sendTest });

    const text = () => chosen.lines(url, needsKey ? key || PLACEHOLDER : null);
    function show() {
      code.textContent = text();
      for (const tab of tabs.children) {
        const mine = tab.dataset.name === chosen.name;
        tab.setAttribute("aria-selected", String(mine));
        tab.tabIndex = mine ? 0 : -1;
      }
      at.clear(keyLine, keyParts());
    }
    function keyParts() {
      if (!needsKey) return el("span", { text: "On this machine no key is needed." });
      if (key) {
        return [
          el("div", { class: "at-secret", role: "status" },
            el("strong", { text: "Copy this key now. It is shown only once." }),
            el("code", { text: key }),
            at.copyButton(() => key, "API key", "Copy")),
        ];
      }
      return [
        el("span", { text: "The lines need a key of yours." }),
        at.button({ label: "Create a key", kind: "primary", run: createKey }),
      ];
    }
    async function createKey() {
      try {
        const { data } = await at.api.send("POST", "/api-keys", { name: "first agent", scopes: ["ingest"] });
        key = data.secret;
        show();
      } catch (error) {
        at.toast(error.message, { kind: "error" });
      }
    }
    async function sendTest() {
      try {
        await at.api.send("POST", "/ingest/spans", { batch: testTrace() });
      } catch (error) {
        at.toast(error.message, { kind: "error" });
      }
    }

    for (const snippet of at.onboarding.snippets) {
      tabs.append(
        el("button", {
          type: "button",
          class: "at-tab",
          role: "tab",
          text: snippet.label,
          data: { name: snippet.name },
          on: {
            click() {
              chosen = snippet;
              show();
            },
            keydown(event) {
              const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
              if (!step) return;
              const all = at.onboarding.snippets;
              chosen = all[(all.indexOf(chosen) + step + all.length) % all.length];
              show();
              tabs.querySelector("[aria-selected=true]").focus();
              event.preventDefault();
            },
          },
        }),
      );
    }
    const card = el(
      "section",
      { class: "at-card at-onboarding", aria: { label: "Send your first trace" } },
      el("h2", { text: "Send your first trace" }),
      el("p", { class: "at-muted" }, "To ", el("code", { text: url }), ", as OTLP, from any framework and language."),
      keyLine,
      tabs,
      el("div", { class: "at-snippet-box" }, code, at.copyButton(text, "Lines", "Copy")),
      refused,
      el("footer", {}, waiting, test),
    );
    at.clear(root, card);
    show();
    at.shell.known().then(
      (who) => {
        needsKey = !who.local;
        if (!closed) show();
      },
      () => {
        // With a line for the key, which a server that needs none ignores.
      },
    );

    async function ask() {
      if (closed || document.hidden || first) return;
      try {
        const { data } = await at.api.get("/ingest/refused");
        const recent = data.count && at.clock.parse(data.last_at) >= began - 60000;
        refused.hidden = !recent || closed;
        if (recent) refused.textContent = `A request arrived but was refused: ${data.reason}.`;
      } catch {
        // What waits goes on waiting; the list tells of a server that is gone.
      }
    }
    const asking = setInterval(ask, ASK_MS);
    ask();

    function arrived(trace) {
      if (first || !trace) return;
      first = trace;
      refused.hidden = true;
      at.clear(
        waiting,
        el("strong", {}, `First trace received ${at.format.ago(at.clock.parse(trace.last_received_at))}: ${trace.name || trace.trace_id.slice(0, 8)}. `),
        at.link(`/traces/${trace.trace_id}`, { class: "at-button at-button-primary" }, "Open it"),
        at.button({ label: "Show the list", run: () => at.pages.reload() }),
      );
      card.classList.add("at-onboarding-done");
      test.hidden = true;
      at.announce("The first trace was received.");
    }

    return {
      arrived,
      keep: () => !closed,
      destroy() {
        closed = true;
        clearInterval(asking);
      },
    };
  }

  at.onboarding ??= {};
  at.onboarding.build = build;
})();
