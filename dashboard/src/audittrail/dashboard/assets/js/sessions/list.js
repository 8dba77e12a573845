/** Sessions: the traces of one conversation each, the last used first. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;
  const PAGE = 100;

  const HOW =
    "Set the attribute session.id (or gen_ai.conversation.id) to the same text on the spans of one " +
    "conversation, or pass session_id to the client.";

  function cells(session) {
    const { count, duration } = at.format;
    const path = `/sessions/${encodeURIComponent(session.session_id)}`;
    const cost = {
      ...session,
      llm_calls: 1,
    };
    return [
      el("td", {}, at.link(path, { class: "at-list-link" }, session.session_id)),
      el("td", { text: session.user_id || "-" }),
      el("td", { class: "at-number" }, count(session.trace_count)),
      el("td", { class: "at-number", text: duration(session.duration_ms) }),
      el("td", {
        class: "at-number",
        text:
          session.tokens_in === null && session.tokens_out === null
            ? "--"
            : `${count(session.tokens_in)} / ${count(session.tokens_out)}`,
      }),
      el("td", { class: "at-number" }, at.list.row.costOf(cost)),
      el(
        "td",
        { class: "at-number" },
        session.failed_traces
          ? el("span", { class: "at-list-errors", text: `! ${count(session.failed_traces)}` })
          : el("span", { class: "at-muted", text: "-" }),
      ),
      el(
        "td",
        {},
        session.running_traces ? at.badge.status("running") : at.clock.node(at.clock.parse(session.last_time)),
      ),
    ];
  }

  function mount(root) {
    document.title = "Sessions - AuditTrail";
    let cursor = null;
    let asked = 0;
    const search = el("input", {
      class: "at-input",
      type: "search",
      placeholder: "Session or user",
      value: at.url.get("text") || "",
      aria: { label: "Find a session or a user" },
      title: "Find (/)",
    });
    const body = el("tbody", {});
    const heads = ["Session", "User", "Traces", "Duration", "Tokens in / out", "Cost", "Failed", "Last used"];
    const table = el(
      "table",
      { class: "at-table" },
      el("caption", { class: "at-hidden", text: "Sessions" }),
      el("thead", {}, el("tr", {}, heads.map((text, place) =>
        el("th", { scope: "col", class: place > 1 && place < 7 ? "at-number" : null, text }),
      ))),
      body,
    );
    const message = el("div", { class: "at-list-message", role: "status", hidden: true });
    const more = at.button({ label: "Show more", run: () => load(false) });
    const scroller = el("div", { class: "at-scroll", tabindex: "0", role: "region", aria: { label: "Sessions" } }, table);
    at.clear(
      root,
      el("div", { class: "at-list-tools" }, el("h1", { text: "Sessions" }), search),
      scroller,
      message,
      more,
    );
    more.hidden = true;

    function say(...nodes) {
      at.clear(message, nodes);
      message.hidden = !nodes.length;
    }

    async function load(fresh) {
      const mine = (asked += 1);
      const text = search.value.trim();
      try {
        const answer = await at.api.get("/sessions", {
          text,
          limit: PAGE,
          cursor: fresh ? null : cursor,
        });
        if (mine !== asked) return;
        cursor = answer.next_cursor;
        const rows = answer.data.map((session) => el("tr", {}, cells(session)));
        if (fresh) at.clear(body, rows);
        else body.append(...rows);
        more.hidden = !cursor;
        scroller.hidden = !body.children.length;
        if (body.children.length) say();
        else if (text) {
          say(
            el("p", { text: "No session or user like this." }),
            at.button({
              label: "Show all",
              run() {
                search.value = "";
                changed();
              },
            }),
          );
        } else {
          say(
            el("p", { text: "No sessions. Set session.id (or gen_ai.conversation.id) on your spans." }),
            at.button({
              label: "How",
              run: () => at.dialog({ title: "Sessions", body: [el("p", { text: HOW })] }),
            }),
          );
        }
      } catch (error) {
        if (mine !== asked) return;
        scroller.hidden = !body.children.length;
        say(at.failure(error, () => load(true)));
      }
    }

    function changed() {
      at.url.set({ text: search.value.trim() || null });
      load(true);
    }
    search.addEventListener("input", at.debounced(changed, 200));
    const offKey = at.keys.add({
      keys: "/",
      label: "Find a session",
      group: "Sessions",
      run: () => search.focus(),
    });
    const refresh = at.debounced(() => load(true), 1000);
    const live = at.live.open({ traceId: null, ready() {}, message: refresh });
    load(true);
    return () => {
      asked += 1;
      offKey();
      live.close();
    };
  }

  at.pages.define("sessions", { mount });
})();
