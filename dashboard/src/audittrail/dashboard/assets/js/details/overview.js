/** What is told of a span first, by its type. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  function previousCall(store, row) {
    if (store.type[row] !== "llm") return -1;
    let best = -1;
    const near = store.ancestors(row).find((up) => store.type[up] === "agent") ?? -1;
    for (const other of store.order()) {
      if (store.type[other] !== "llm" || other === row || store.ghost[other]) continue;
      if (store.agent[other] !== store.agent[row]) continue;
      // Without a name, an agent is known by its span.
      if (store.agent[row] === null && near >= 0 && !store.isBelow(other, near)) continue;
      const earlier =
        store.start[other] < store.start[row] && !store.isBelow(row, other) &&
        !store.isBelow(other, row);
      if (earlier && (best < 0 || store.start[other] > store.start[best])) best = other;
    }
    return best;
  }

  /**
   * Everything that the sections of a span need: ``{span, before, edges}``.
   */
  async function gather(store, row) {
    const id = store.id[row];
    const earlier = previousCall(store, row);
    const joined = ["llm", "tool", "agent"].includes(store.type[row]);
    const [span, previous, edges] = await Promise.all([
      at.trace.payload(store.traceId, id),
      earlier < 0 ? null : at.trace.payload(store.traceId, store.id[earlier]).catch(() => null),
      joined ? at.details.edges(store) : [],
    ]);
    const said = previous
      ? [
          ...(at.details.messagesOf(previous.input, "user") || []),
          ...(at.details.messagesOf(previous.output, "assistant") || []),
        ]
      : [];
    return { span, before: said, edges: edges.filter((e) => e.from === id || e.to === id) };
  }

  const known = (value) => value !== null && value !== undefined && value !== "";
  const isEmpty = (value) => typeof value === "object" && !Object.keys(value).length;
  const told = (value) => known(value) && !isEmpty(value);

  function content(key, title, value, messages) {
    if (!told(value)) return null;
    return {
      key,
      title,
      print: value,
      copy: () => at.details.plainOf(value),
      build: (state) =>
        messages
          ? at.details.conversation(messages, [], { state })
          : at.details.value(value, { state, key, name: key }),
    };
  }

  function conversation(store, data, open = true) {
    const { span, edges, before } = data;
    const given = at.details.messagesOf(span.input, "user");
    const answered = at.details.messagesOf(span.output, "assistant");
    if (!given && !answered) return [];
    // Graphs return all of their messages, also those that they were given.
    const again = given && answered && at.details.sameStart(given, answered) === given.length;
    const more = again && answered.length > given.length;
    const returned = more ? answered.slice(given.length) : answered;
    const calls = new Map(
      edges.filter((e) => e.kind === "call" && e.from === span.span_id).map((e) => [e.call_id, e]),
    );
    const links = (id) => {
      const edge = id && calls.get(id);
      return edge ? at.details.spanButton(store, edge.to, edge.inferred ? "(inferred)" : "") : null;
    };
    const all = [...(given || []), ...(returned || [])];
    const empty = all.every((said) => !said.parts.length) && span.dialect;
    return [
      {
        key: "conversation",
        title: "Conversation",
        count: all.length,
        open,
        print: [span.input, span.output, before.length, edges],
        copy: () =>
          all.map((said) => `${said.role}: ${at.details.messageText(said)}`).join("\n\n"),
        build: (state) => [
          empty ? at.details.noContent(span) : null,
          at.details.conversation(given || [], returned || [], { state, before, links }),
        ],
      },
      given ? null : content("input", "Input", span.input),
      returned ? null : content("output", "Output", span.output),
    ];
  }

  function llm(store, data) {
    const found = conversation(store, data);
    if (found.length) return found;
    if (told(data.span.input) || told(data.span.output)) return plain(store, data);
    return [missing(data.span)];
  }

  function missing(span) {
    return {
      key: "content",
      title: "Content",
      print: span.dialect,
      build: () => [at.details.noContent(span)],
    };
  }

  function answer(value) {
    const messages = at.details.messagesOf(value);
    if (!messages || messages.length !== 1) return value;
    const [said] = messages;
    const [part] = said.parts;
    if (said.parts.length !== 1 || said.calls.length) return value;
    return part.kind === "text" ? part.text : part.kind === "data" ? part.value : value;
  }

  function tool(store, data) {
    const { span, edges } = data;
    const [given, returned] = [answer(span.input), answer(span.output)];
    const failed = span.status === "error";
    const joined = edges.length ? at.details.callers(store, edges, span.span_id) : null;
    if (!told(given) && !told(returned) && !joined && !failed) return [missing(span)];
    return [
      content("arguments", "Arguments", given) || {
        key: "arguments",
        title: "Arguments",
        print: null,
        build: () => at.el("p", { class: "at-muted", text: "--  (none recorded)" }),
      },
      joined
        ? {
            key: "joined",
            title: "Joined to",
            print: edges,
            build: () => at.details.callers(store, data.edges, span.span_id),
          }
        : null,
      content("result", "Result", returned) || {
        key: "result",
        title: "Result",
        print: [failed, span.end_time],
        build: () =>
          at.el("p", {
            class: "at-muted",
            text: failed
              ? "--  (the call failed)"
              : span.end_time
                ? "--  (none recorded)"
                : "--  (still running)",
          }),
      },
    ];
  }

  function retrieval(store, data) {
    const { span } = data;
    const given = answer(span.input);
    const found = at.details.documentsOf(span.output);
    if (!told(given) && !told(span.output)) return [missing(span)];
    const asked = at.details.isObject(given) ? given.query : null;
    const query = typeof asked === "string" ? asked : null;
    return [
      content("query", "Query", query && Object.keys(given).length === 1 ? query : given),
      found
        ? {
            key: "documents",
            title: "Documents",
            count: found.length,
            print: span.output,
            copy: () => at.details.plainOf(span.output),
            build: (state) => at.details.documents(found, state),
          }
        : content("output", "Output", span.output),
    ];
  }

  function check(store, data) {
    const verdict = at.details.verdict(data.span);
    return [
      verdict
        ? {
            key: "verdict",
            title: "Verdict",
            print: [data.span.output, data.span.attributes],
            build: () => at.details.verdict(data.span),
          }
        : null,
      ...plain(store, data).map((each) =>
        // Its words are those of the verdict.
        verdict && each && each.key === "output" ? { ...each, open: false } : each,
      ),
    ];
  }

  // What is below a span tells more than that nothing was recorded of itself.
  function transcript(store, row) {
    const turns = at.details.turnsOf(store, row);
    if (!turns.length) return null;
    return {
      key: "transcript",
      title: "Transcript",
      count: turns.length,
      print: turns.map((each) => [each, store.status[each], store.running[each]]),
      build: () => at.details.transcript(store, row),
    };
  }

  const silent = ({ span }) => !told(span.input) && !told(span.output);

  function agent(store, data, row) {
    const turns = transcript(store, row);
    if (turns && silent(data)) return [turns];
    const found = conversation(store, data);
    return [...(found.length ? found : plain(store, data)), turns];
  }

  function step(store, data, row) {
    const turns = silent(data) ? transcript(store, row) : null;
    return turns ? [turns] : plain(store, data);
  }

  function plain(store, data) {
    const { input, output } = data.span;
    if (!told(input) && !told(output)) {
      return data.span.dialect ? [missing(data.span)] : [];
    }
    return [
      content("input", "Input", input, at.details.messagesOf(input)),
      content("output", "Output", output, at.details.messagesOf(output)),
    ];
  }

  const BY_TYPE = { agent, llm, tool, retrieval, check, step };

  function violations(store, row) {
    const many = store.violations[row];
    if (!many) return null;
    return {
      key: "violations",
      title: "Violations",
      count: many,
      print: [many, store.summary.seq],
      build: () => at.violations.ofSpan(store, row),
    };
  }

  function around(span, store) {
    return [
      span.events.length
        ? {
            key: "events",
            title: "Events",
            count: span.events.length,
            open: span.events.length <= 10,
            print: span.events,
            copy: () => at.details.plainOf(span.events),
            build: (state) => at.details.events(span, state),
          }
        : null,
      span.links.length
        ? {
            key: "links",
            title: "Links",
            count: span.links.length,
            print: span.links,
            build: (state) => at.details.links(span, state, store),
          }
        : null,
      span.logs.length
        ? {
            key: "logs",
            title: "Log records",
            count: span.logs.length,
            open: false,
            print: span.logs,
            copy: () => at.details.plainOf(span.logs),
            build: (state) => at.details.logs(span, state),
          }
        : null,
    ];
  }

  at.details ??= {};
  at.details.gather = gather;
  /** What a value says, without the message around it. */
  at.details.answer = answer;
  /** The sections of a span's first tab, in order. */
  at.details.overview = (store, row, data) => {
    const { span } = data;
    const thrown = at.details.exceptionsOf(span);
    const failed = span.status === "error" || thrown.length > 0;
    const type = store.type[row];
    return [
      violations(store, row),
      failed
        ? {
            key: "exceptions",
            title: span.status === "error" ? "Error" : "Exceptions",
            count: thrown.length > 1 ? thrown.length : undefined,
            print: [span.status_message, thrown],
            copy: () => [span.status_message, ...thrown.map(at.details.plainOf)].join("\n"),
            build: (state) => at.details.exceptions(span, state),
          }
        : null,
      ...BY_TYPE[type](store, data, row),
      span.evaluations.length
        ? {
            key: "evaluations",
            title: "Evaluations",
            count: span.evaluations.length,
            print: span.evaluations,
            copy: () => at.details.plainOf(span.evaluations),
            build: () => at.details.evaluations(span.evaluations),
          }
        : null,
      {
        key: "facts",
        title: "Figures",
        print: Object.values(span).filter((value) => typeof value !== "object"),
        build: () => [at.details.facts(span)],
      },
      ...around(span, store),
    ];
  };
})();
