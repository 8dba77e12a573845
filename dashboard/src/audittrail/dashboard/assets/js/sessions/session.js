/** One session as a conversation: a turn per trace. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;
  const LONG = 1200;

  function words(text, who) {
    if (!text) return el("p", { class: "at-muted", text: who === "user" ? "No input was recorded." : "No answer was recorded." });
    const long = text.length > LONG;
    const body = el("p", { class: "at-turn-text", text: long ? `${text.slice(0, LONG)}...` : text });
    if (!long) return body;
    const all = at.button({
      label: "Show all",
      kind: "quiet",
      run() {
        body.textContent = text;
        all.remove();
      },
    });
    return [body, all];
  }

  function turn({ trace, input, output }, place) {
    const path = `/traces/${trace.trace_id}`;
    return el(
      "li",
      { class: "at-turn" },
      el(
        "header",
        {},
        el("h2", {}, at.link(path, {}, `${place + 1}. ${trace.name || "Trace"}`)),
        at.badge.status(trace.status),
        trace.error_count
          ? el("span", { class: "at-list-errors", text: `! ${at.format.plural(trace.error_count, "failed span")}` })
          : null,
        el("span", { class: "at-header-fill" }),
        el("span", { text: at.format.duration(trace.duration_ms) }),
        el("span", { class: "at-list-cost" }, at.list.row.costOf(trace)),
        at.clock.node(at.clock.parse(trace.start_time || trace.last_received_at)),
      ),
      el("div", { class: "at-turn-user" }, el("h3", { text: "User" }), words(input, "user")),
      el("div", { class: "at-turn-agent" }, el("h3", { text: "Agent" }), words(output, "agent")),
    );
  }

  function figures(session) {
    const { count, duration, plural } = at.format;
    const pairs = [
      ["User", session.user_id || "-"],
      ["Turns", count(session.trace_count)],
      ["Duration", duration(session.duration_ms)],
      ["Tokens", session.tokens_in === null && session.tokens_out === null ? "--" : `${count(session.tokens_in)} in / ${count(session.tokens_out)} out`],
      ["Cost", at.list.row.costOf({ ...session, llm_calls: 1 })],
      ["Failed", session.failed_traces ? plural(session.failed_traces, "trace") : "none"],
      ["Last used", at.clock.node(at.clock.parse(session.last_time))],
    ];
    return el(
      "dl",
      { class: "at-figures" },
      pairs.map(([label, value]) => el("div", {}, el("dt", { text: label }), el("dd", {}, value))),
    );
  }

  function mount(root, { data }) {
    const id = decodeURIComponent(data.session);
    document.title = `${id} - AuditTrail`;
    at.crumbs([["Sessions", "/sessions"], [id, null]]);
    let closed = false;
    const place = el("div", {});
    at.clear(
      root,
      el("div", { class: "at-list-tools" }, el("h1", { class: "at-break", text: id }), at.copyButton(() => id, "Session id")),
      place,
    );

    async function load() {
      try {
        const { data: session } = await at.api.get(`/sessions/${encodeURIComponent(id)}`);
        if (closed) return;
        at.clear(
          place,
          figures(session),
          el("ol", { class: "at-turns" }, session.turns.map(turn)),
          session.more
            ? el("p", { class: "at-muted", text: `The first ${session.turns.length} of ${at.format.count(session.trace_count)} turns. ` })
            : null,
          at.link(`/traces?q=${encodeURIComponent(`session:${at.list.terms.quoted(id)}`)}`, {}, "All traces of this session"),
        );
      } catch (error) {
        if (closed) return;
        if (error.status === 404) {
          at.clear(
            place,
            el("p", { text: "No session with this id in your account." }),
            at.link("/sessions", { class: "at-button" }, "All sessions"),
          );
          return;
        }
        at.clear(place, at.failure(error, load));
      }
    }
    const refresh = at.debounced(load, 1000);
    const live = at.live.open({
      traceId: null,
      ready() {},
      message(message) {
        if (message.trace?.session_id === id) refresh();
      },
    });
    load();
    return () => {
      closed = true;
      live.close();
    };
  }

  at.pages.define("session", { mount });
})();
