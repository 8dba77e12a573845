/** Violations: rules on the left with counts, what broke them on the right. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;
  const PAGE = 50;
  const KEYS = ["rule", "severity", "status", "agent"];
  const ALL_STATUSES = ["open", "acknowledged", "waived", "withdrawn"];

  function mount(root) {
    document.title = "Violations - AuditTrail";
    const chosen = Object.fromEntries(KEYS.map((key) => [key, (at.url.get(key) || "").split(",").filter(Boolean)]));
    const ticked = new Set();
    let asked = 0; // below zero: the page is gone
    let cursor = null;
    let shown = [];
    let rules = null;
    let opened = at.url.get("violation");

    const aside = el("aside", { class: "at-violations-rules", aria: { label: "Rules" } });
    const facets = el("div", { class: "at-facets" });
    const times = at.violations.filters.createTimes((from, to) => setTimes({ from, to }));
    const range = at.list.createTimeRange(setTimes);
    const allTimes = at.button({ icon: "close", kind: "quiet", title: "Clear time range", run: clearTimes });
    const hits = el("ol", { class: "at-hits", aria: { label: "Violations" } });
    const message = el("div", { class: "at-list-message", role: "status", hidden: true });
    const more = at.button({ label: "Show more", run: () => load(false) });
    const bulk = el("div", { class: "at-bulk", role: "group", aria: { label: "Chosen violations" } });
    const problems = el("div", {});
    const settings = el("span", {});
    at.clear(root,
      el("div", { class: "at-list-tools" },
        el("h1", { text: "Violations" }),
        bulk,
        el("span", { class: "at-header-fill" }),
        el("span", { class: "at-violations-range" }, range.node, allTimes),
        settings),
      problems,
      el("div", { class: "at-violations-page" }, aside,
        el("section", { class: "at-violations-main" }, facets, times.node, message, hits, more)));
    more.hidden = true;

    const narrowed = () => KEYS.some((key) => chosen[key].length);
    const ranged = () => Boolean(at.url.get("from") || at.url.get("to"));
    const facetParams = () => ({
      rule: chosen.rule,
      severity: chosen.severity,
      status: chosen.status,
      agent: chosen.agent[0] || null,
    });
    const params = () => ({ ...facetParams(), ...at.list.times() });

    function showRange() {
      range.show();
      allTimes.hidden = !ranged();
    }

    function setTimes(values) {
      at.url.set(values);
      showRange();
      load(true);
    }

    function clearTimes() {
      setTimes({ from: null, to: null });
      range.node.focus(); // The button is gone.
    }

    function choose(key, value) {
      const had = chosen[key].includes(value);
      if (key === "agent") chosen.agent = had ? [] : [value];
      else chosen[key] = had ? chosen[key].filter((each) => each !== value) : [...chosen[key], value];
      at.url.set({ [key]: chosen[key].join(",") || null });
      load(true);
    }

    function hit(violation) {
      const where = violation.trace_id
        ? `/traces/${violation.trace_id}${violation.span_id || violation.witnesses[0] ? `?span=${violation.span_id || violation.witnesses[0]}` : ""}`
        : `/sessions/${encodeURIComponent(violation.session_id)}`;
      const body = el("div", { class: "at-hit-body", hidden: true });
      const toggle = el("button", {
        type: "button",
        class: "at-hit-toggle",
        aria: { expanded: false },
        on: { click: () => show(body.hidden) },
      },
      at.icon("chevron-right"),
      at.violations.severity(violation.severity),
      el("span", { class: "at-hit-title", text: violation.title }),
      el("span", { class: "at-hit-message", text: violation.message }));
      async function show(open) {
        body.hidden = !open;
        toggle.setAttribute("aria-expanded", String(open));
        at.url.set({ violation: open ? violation.id : null });
        if (!open) return;
        try {
          const { data } = await at.api.get(`/violations/${violation.id}`);
          at.clear(body, at.violations.card(data, { decided: () => load(true) }),
            data.decisions.length > 1
              ? el("ul", { class: "at-small" }, data.decisions.map((each) =>
                  el("li", {}, `${each.kind} by ${each.decided_by}: "${each.reason}" `, at.clock.node(at.clock.parse(each.decided_at)))))
              : null);
        } catch (error) {
          at.clear(body, at.failure(error, () => show(true)));
        }
      }
      const tick = el("input", {
        type: "checkbox",
        checked: ticked.has(violation.id),
        aria: { label: `Choose: ${violation.title}` },
        on: {
          change() {
            if (tick.checked) ticked.add(violation.id);
            else ticked.delete(violation.id);
            showBulk();
          },
        },
      });
      const node = el("li", { class: `at-hit at-hit-${violation.status}` },
        el("div", { class: "at-hit-line" },
          at.shell.who.demo ? null : tick,
          toggle,
          violation.status === "open" ? null : el("span", { class: "at-violation-status", text: at.violations.STATUSES[violation.status] }),
          el("span", { class: "at-muted at-small at-hit-agent", text: violation.agent_name || "" }),
          at.link(where, { class: "at-hit-link" }, violation.scope === "session" ? "Session" : violation.span_id ? "Span" : "Trace"),
          at.clock.node(at.clock.parse(violation.time))),
        body);
      if (opened === violation.id) {
        opened = null;
        show(true);
      }
      return node;
    }

    function showBulk() {
      const ids = [...ticked];
      at.clear(bulk, ids.length
        ? [
            el("span", { text: `${at.format.count(ids.length)} chosen` }),
            ...[["acknowledged", "Acknowledge"], ["waived", "Waive"], ["reopened", "Reopen"]].map(([kind, label]) =>
              at.button({
                label,
                run: () => at.violations.decide(kind, ids, () => {
                  ticked.clear();
                  load(true);
                }),
              })),
          ]
        : null);
    }

    function showHead(summary) {
      at.clear(facets,
        at.violations.filters.facet("Severity",
          at.violations.SEVERITIES.map((value) => summary.severities.find((each) => each.value === value) || { value, count: 0 })
            .filter(({ value, count }) => count || chosen.severity.includes(value)),
          chosen.severity, (value) => choose("severity", value), at.violations.severity),
        at.violations.filters.facet("Status",
          ALL_STATUSES.map((value) => summary.statuses.find((each) => each.value === value))
            .filter(Boolean),
          chosen.status.length ? chosen.status : ["open", "acknowledged"],
          (value) => {
            if (!chosen.status.length) chosen.status = ["open", "acknowledged"];
            choose("status", value);
          }, (value) => at.violations.STATUSES[value]),
        summary.agents.filter(({ value }) => value).length > 1 || chosen.agent.length
          ? at.violations.filters.facet("Agent", summary.agents.filter(({ value }) => value).slice(0, 8),
              chosen.agent, (value) => choose("agent", value))
          : null);
      times.show(summary);
    }

    function say(...nodes) {
      at.clear(message, nodes);
      message.hidden = !nodes.length;
    }

    /** ``hidden``: how many there are like this at other times. */
    function sayEmpty(hidden) {
      if (hidden) {
        say(el("p", { text: `None in this time range. ${at.format.plural(hidden, "violation")} at other times.` }),
          at.button({ label: "Search all time", kind: "primary", run: clearTimes }));
        return;
      }
      if (narrowed()) {
        say(el("p", { text: "No violation like this." }),
          at.button({
            label: "Show all",
            run() {
              for (const key of KEYS) chosen[key] = [];
              at.url.set(Object.fromEntries(KEYS.map((key) => [key, null])));
              setTimes({ from: null, to: null });
            },
          }));
        return;
      }
      if (!rules.rules.some((rule) => rule.active)) {
        say(el("p", { text: "No rules yet. Start from an example: cost limit, forbidden tool, retry storm, personal data." }),
          at.shell.who.demo ? null : at.link("/settings#rules", { class: "at-button at-button-primary" }, "Add rules"));
        return;
      }
      const active = rules.rules.filter((rule) => rule.active).length;
      say(el("p", { text: `No violations. Everything that arrives is judged by ${at.format.plural(active, "rule")}.` }),
        el("p", { class: "at-muted" }, "What is older than the rules: ",
          el("code", { text: "audittrail rules apply --since 7d" })));
    }

    async function load(fresh) {
      if (asked < 0) return;
      const mine = (asked += 1);
      try {
        const [answer, summary, known] = await Promise.all([
          at.api.get("/violations", { ...params(), limit: PAGE, cursor: fresh ? null : cursor }),
          fresh ? at.api.get("/violations/summary", params()) : null,
          fresh || !rules ? at.api.get("/rules") : null,
        ]);
        if (mine !== asked) return;
        if (known) rules = known.data;
        cursor = answer.next_cursor;
        shown = fresh ? answer.data : [...shown, ...answer.data];
        if (fresh) at.clear(hits, answer.data.map(hit));
        else hits.append(...answer.data.map(hit));
        more.hidden = !cursor;
        if (summary) {
          at.clear(aside, el("h2", { class: "at-small", text: "Rules" }),
            at.violations.filters.rules(rules.rules, summary.data, chosen.rule, (id) => choose("rule", id)));
          showHead(summary.data);
        }
        showProblems();
        showBulk();
        if (shown.length) {
          say();
          return;
        }
        const all = ranged() ? await at.api.get("/violations/summary", facetParams()) : null;
        if (mine === asked) sayEmpty(all ? all.data.total : 0);
      } catch (error) {
        if (mine !== asked) return;
        say(at.failure(error, () => load(true)));
      }
    }

    function showProblems() {
      const told = [
        ...rules.problems.map((each) => each.text),
        ...rules.failures.map((each) => `${each.rule_id}: ${each.reason}`),
      ];
      at.clear(problems, told.length
        ? el("div", { class: "at-problem", role: "alert" },
            el("p", { text: "Rules with a mistake, or that failed. What was in force before a mistake stays in force." }),
            el("ul", {}, told.map((text) => el("li", { text }))))
        : null);
    }

    const refresh = at.debounced(() => {
      if (!document.querySelector(".at-hit-body:not([hidden]), dialog[open]") && !ticked.size) load(true);
    }, 500);
    const live = at.live.open({
      traceId: null,
      ready() {},
      message(told) {
        if (told.judged || told.type === "deleted") refresh();
      },
    });
    // Who looks decides what is offered.
    at.shell.known().catch(() => null).then((who) => {
      if (asked < 0) return;
      if (who && !who.demo) {
        at.clear(settings, at.link("/settings#rules", { class: "at-button at-button-plain" }, "Rules"));
      }
      showRange();
      load(true);
    });
    return () => {
      asked = -1;
      live.close();
    };
  }

  at.pages.define("violations", { mount });
})();
