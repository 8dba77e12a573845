/** The conversation of a model call: one block a message, results beside the calls they answer. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const SHOWN_ALL = 6;
  const SHOWN_LAST = 3;
  const LABELS = { system: "System", user: "User", assistant: "Assistant", tool: "Tool result" };

  /** How many messages at the start of ``now`` were already said in ``before``. */
  function sameStart(before, now) {
    const text = (said) => `${said.role} ${at.details.messageText(said)}`;
    let same = 0;
    while (same < before.length && same < now.length && text(before[same]) === text(now[same])) {
      same += 1;
    }
    // A call stays with its result, if that is new.
    const fresh = new Set(now.slice(same).map((said) => said.callId).filter(Boolean));
    const asked = now.findIndex((said) => said.calls.some((call) => fresh.has(call.id)));
    return asked >= 0 ? Math.min(same, asked) : same;
  }

  // Tool messages go to the call that they answer; those without one stand by themselves.
  function joined(messages) {
    const calls = new Map();
    const out = [];
    messages.forEach((said, place) => {
      const entry = { said, place, results: new Map() };
      const asked = said.role === "tool" && said.callId ? calls.get(said.callId) : null;
      if (asked && !asked.results.has(said.callId)) {
        asked.results.set(said.callId, said);
        return;
      }
      out.push(entry);
      for (const call of said.calls) if (call.id) calls.set(call.id, entry);
    });
    return out;
  }

  function media(part) {
    const sized = part.value && /^data:|^[A-Za-z0-9+/=\s]{200,}$/.test(part.value.slice(0, 400));
    const address = part.value && !sized ? part.value : null;
    const size = sized ? at.details.base64Size(part.value.split(",").at(-1)) : null;
    const mime = part.mime || (sized && /^data:([^;,]+)/.exec(part.value)?.[1]) || null;
    const name = part.name || (address ? `${address.slice(0, 80)}` : null);
    return at.details.chip(name ? `${part.label}: ${name}` : part.label, mime, size, address);
  }

  function fold(title, build, state, key, open = false) {
    const body = at.el("div", { class: "at-fold-body" });
    const is = state.get(key) ?? open;
    const holder = at.el(
      "details",
      {
        class: "at-fold",
        open: is,
        on: {
          toggle() {
            state.set(key, holder.open);
            if (holder.open && !body.childNodes.length) body.append(build());
          },
        },
      },
      at.el("summary", { text: title }),
      body,
    );
    if (is) body.append(build());
    return holder;
  }

  function textPart(part, how, marked) {
    const text = part.text ?? "";
    const held = at.details.parsed(text);
    if (typeof held !== "string") return at.details.value(held, how);
    return at.details.dataUrlChip(text) || at.details.textBlock(text, { ...how, markdown: marked });
  }

  function parts(said, how, marked) {
    return said.parts.map((part, place) => {
      const inner = { ...how, key: `${how.key}.${place}`, name: said.role };
      if (part.kind === "reasoning") {
        const title = part.text ? "Reasoning" : "Reasoning (kept by the provider)";
        return fold(title, () => textPart(part, inner, false), how.state, `${inner.key}:reasoning`);
      }
      if (part.kind === "media") return media(part);
      if (part.kind === "data") return at.details.value(part.value, inner);
      return textPart(part, inner, marked);
    });
  }

  function callBlock(call, answer, how) {
    const known = call.arguments !== null && call.arguments !== undefined && call.arguments !== "";
    return at.el(
      "div",
      { class: "at-call" },
      at.el(
        "div",
        { class: "at-call-head" },
        at.typeIcon("tool"),
        at.el("strong", { text: at.details.short(call.name || "tool call") }),
        call.id
          ? at.el("span", { class: "at-muted at-mono", text: at.details.short(call.id) })
          : null,
        how.links ? how.links(call.id) : null,
      ),
      known
        ? at.details.value(call.arguments, { ...how, key: `${how.key}:${call.id}` })
        : at.el("p", { class: "at-muted", text: "No arguments were recorded." }),
      answer
        ? at.el(
            "div",
            { class: `at-call-result${answer.failed ? " at-call-failed" : ""}` },
            at.el("span", { class: "at-role", text: answer.failed ? "! Failed" : "Result" }),
            parts(answer, { ...how, key: `${how.key}:${call.id}:result` }, false),
          )
        : null,
    );
  }

  function block(entry, how) {
    const { said, place, results } = entry;
    const key = `m${how.part}${place}`;
    const inner = { ...how, key };
    const text = said.parts.some((part) => part.kind === "text" && at.markdown.isMarked(part.text));
    const body = at.el("div", { class: "at-said-body" });
    const called = said.callId && said.role === "tool" ? ` of ${said.name || said.callId}` : "";
    const label = at.details.short((LABELS[said.role] || said.role) + called);
    const toggle = text
      ? at.button({ label: "Markdown", kind: "quiet", title: "Markdown or plain text", run: flip })
      : null;
    const marked = () => text && (how.state.get(`${key}:marked`) ?? said.role !== "tool");

    function fill() {
      const empty = !said.parts.length && !said.calls.length;
      at.clear(
        body,
        parts(said, inner, marked()),
        said.calls.map((call) => callBlock(call, results.get(call.id), inner)),
        empty ? at.el("p", { class: "at-muted", text: "Its content was not recorded." }) : null,
      );
      if (toggle) toggle.setAttribute("aria-pressed", String(marked()));
    }
    function flip() {
      how.state.set(`${key}:marked`, !marked());
      fill();
    }
    fill();
    const copy = at.copyButton(() => at.details.messageText(said), "Message");
    const named = said.name && said.role !== "tool" ? at.details.short(said.name) : null;
    if (said.role === "system") {
      const title = label + (named ? ` (${named})` : "");
      return at.el(
        "div",
        { class: "at-said at-said-system" },
        fold(
          title,
          () => at.el("div", {}, at.el("div", { class: "at-said-tools" }, toggle, copy), body),
          how.state,
          `${key}:system`,
        ),
      );
    }
    return at.el(
      "div",
      { class: `at-said at-said-${LABELS[said.role] ? said.role : "other"}` },
      at.el(
        "div",
        { class: "at-said-head" },
        at.el("span", { class: "at-role", text: label }),
        named ? at.el("span", { class: "at-muted", text: named }) : null,
        said.finish
          ? at.el("span", {
              class: "at-muted",
              text: at.details.short(said.finish),
              title: "Why the model stopped",
            })
          : null,
        at.el("span", { class: "at-fill" }),
        toggle,
        copy,
      ),
      body,
    );
  }

  /**
   * @param {object[]} given messages of the input
   * @param {object[]} returned messages of the output
   * @param {{state: Map, before?: object[], links?: function(string): Node}} how ``before`` is what
   *   the previous model call of the same agent had said
   */
  function conversation(given, returned, how) {
    const holder = at.el("div", { class: "at-conversation" });
    const same = sameStart(how.before || [], given);
    // A result that comes in the output, as an agent's does, goes to its call as well.
    const entries = joined([...given, ...returned]);
    const seen = entries.filter((entry) => entry.place < same);
    const fresh = entries.filter((entry) => entry.place >= same);
    const inner = { ...how, part: "" };

    function show() {
      const hidden = fresh.length > SHOWN_ALL && !how.state.get("messages:all");
      const first = hidden ? fresh.slice(0, 1) : fresh;
      const last = hidden ? fresh.slice(-SHOWN_LAST) : [];
      const many = fresh.length - 1 - SHOWN_LAST;
      at.clear(
        holder,
        seen.length
          ? at.el(
              "div",
              { class: "at-same" },
              fold(
                `same as before (${same})`,
                () => at.el("div", {}, seen.map((entry) => block(entry, inner))),
                how.state,
                "messages:same",
              ),
            )
          : null,
        first.map((entry) => block(entry, inner)),
        hidden
          ? at.el("button", {
              type: "button",
              class: "at-more at-more-messages",
              text: `Show ${many} more`,
              on: { click: () => (how.state.set("messages:all", true), show()) },
            })
          : null,
        last.map((entry) => block(entry, inner)),
      );
    }
    show();
    return holder;
  }

  at.details ??= {};
  Object.assign(at.details, { conversation, sameStart, fold });
})();
