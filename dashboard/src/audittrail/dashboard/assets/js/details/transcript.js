/** What an agent did, turn by turn: model calls and tools, sub-agents as groups of their own. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const STEP = 50;
  const EXCERPT = 200;

  // The turns below a row, in order; steps are looked through, agents are not.
  function turns(store, row) {
    const [order, from] = [store.order(), store.place(row)];
    const end = from + store.tree.size(row);
    const found = [];
    for (let place = from + 1; place < end; place += 1) {
      const here = order[place];
      if (store.ghost[here] || store.type[here] === "step") continue;
      found.push(here);
      if (store.type[here] === "agent") place += store.tree.size(here) - 1;
    }
    return found;
  }

  const short = (text) => {
    const line = text.replace(/\s+/g, " ").trim();
    return line.length > EXCERPT ? `${line.slice(0, EXCERPT)}...` : line;
  };

  // "query: duckdb, limit: 5": a value in one line, as much as is read at a glance.
  function brief(given, depth = 2) {
    const value = at.details.parsed(given);
    if (value === null || value === undefined) return "";
    if (typeof value === "string") return short(value.slice(0, 2000));
    if (typeof value !== "object") return String(value);
    if (!depth) return "...";
    const list = Array.isArray(value);
    const all = list ? value : Object.keys(value);
    const parts = all.slice(0, 6).map((each) =>
      list ? brief(each, depth - 1) : `${each}: ${brief(value[each], depth - 1)}`,
    );
    return short(parts.join(", ") + (all.length > 6 ? ", ..." : ""));
  }

  function words(message) {
    const texts = message.parts
      .filter((part) => part.kind !== "reasoning" || !message.calls.length)
      .map((part) => (part.kind === "media" ? `[${part.label}]` : brief(part.value ?? part.text)));
    const calls = message.calls.map((call) => `${call.name}(${brief(call.arguments)})`);
    return short([...texts, ...calls].filter(Boolean).join(" "));
  }

  function said(span, role, type) {
    const messages = at.details.messagesOf(span.output, role);
    if (messages && messages.length) return words(messages.at(-1));
    const found = type === "retrieval" ? at.details.documentsOf(span.output) : null;
    if (!found) return brief(span.output);
    return short(`${at.format.plural(found.length, "document")}: ${found[0].text || found[0].id}`);
  }

  function excerpt(span, type) {
    if (span.status === "error") {
      const event = at.details.exceptionsOf(span)[0];
      const told = event && event.attributes["exception.message"];
      return `! ${short(String(span.status_message || told || "failed"))}`;
    }
    if (type === "llm") return said(span, "assistant");
    const asked = at.details.answer(span.input);
    const returned = said(span, null, type);
    return [brief(asked), returned].filter(Boolean).join("  →  ");
  }

  const watcher = (load) =>
    new IntersectionObserver((entries) => {
      for (const entry of entries) if (entry.isIntersecting) load(entry.target);
    });

  function entry(store, row, watch) {
    const failed = store.status[row] === "error";
    const end = store.endOf(row);
    return at.el(
      "li",
      { class: `at-did${failed ? " at-did-failed" : ""}`, data: { row } },
      at.el(
        "button",
        {
          type: "button",
          class: "at-did-head",
          on: { click: () => store.select(row, { from: "details" }) },
        },
        at.typeIcon(store.type[row]),
        at.el("span", { class: "at-did-name", text: at.details.short(store.name[row]) }),
        failed ? at.el("span", { class: "at-failed", text: "! Error" }) : null,
        store.running[row] ? at.badge.status("running") : null,
        at.el("span", { class: "at-fill" }),
        at.el("span", {
          class: "at-number at-muted",
          text: at.format.duration(end - store.start[row]),
        }),
      ),
      store.type[row] === "agent"
        ? group(store, row, watch)
        : at.el("div", { class: "at-did-text at-muted" }),
    );
  }

  function group(store, row, watch) {
    const many = turns(store, row).length;
    if (!many) return null;
    const body = at.el("div");
    const holder = at.el(
      "details",
      {
        class: "at-fold",
        on: {
          toggle() {
            if (holder.open && !body.childNodes.length) body.append(list(store, row, watch));
          },
        },
      },
      at.el("summary", { text: at.format.plural(many, "step") }),
      body,
    );
    return holder;
  }

  function list(store, row, watch) {
    const found = turns(store, row);
    const holder = at.el("ol", { class: "at-dids" });
    let built = 0;
    const more = at.el("button", { type: "button", class: "at-more", on: { click: next } });
    function next() {
      const to = Math.min(found.length, built + STEP);
      for (; built < to; built += 1) {
        const made = entry(store, found[built], watch);
        holder.append(made);
        if (store.type[found[built]] !== "agent") watch.observe(made);
      }
      more.hidden = built === found.length;
      more.textContent = `Show more of ${at.format.count(found.length - built)}`;
    }
    next();
    return at.el("div", {}, holder, more);
  }

  at.details ??= {};
  /** How many turns are below a row. */
  at.details.turnsOf = turns;
  at.details.transcript = (store, row) => {
    const watch = watcher(async (node) => {
      watch.unobserve(node);
      const at_ = Number(node.dataset.row);
      try {
        const span = await at.trace.payload(store.traceId, store.id[at_]);
        node.querySelector(".at-did-text").textContent = excerpt(span, store.type[at_]);
      } catch {
        // Its line still tells that it was there.
      }
    });
    return list(store, row, watch);
  };
})();
