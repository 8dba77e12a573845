/** What a retrieval found, and what a check decided. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const SHOWN = 50;
  const LISTS = ["documents", "results", "hits", "matches", "chunks", "nodes", "data"];
  const TEXTS = ["content", "page_content", "text", "document", "chunk", "body", "snippet"];
  const VERDICTS = ["verdict", "passed", "result", "triggered", "tripwire_triggered", "decision"];
  const LABELS = ["label", "category"];
  const SCORES = ["score", "relevance_score", "similarity", "distance", "value"];
  const WHYS = ["explanation", "reason", "reasoning", "message", "feedback"];

  const known = (value) => value !== undefined && value !== null;
  const pick = (holder, keys) => keys.find((key) => known(holder[key]));

  function asDocument(given) {
    const held = at.details.parsed(given);
    if (typeof held === "string") return { text: held, id: null, score: null, rest: null };
    if (!at.details.isObject(held)) return null;
    const inner = at.details.isObject(held.document) ? { ...held, ...held.document } : held;
    if (at.details.isObject(held.document)) delete inner.document;
    if (at.details.isObject(inner.node)) return asDocument({ ...inner.node, score: inner.score });
    const [text, score] = [pick(inner, TEXTS), pick(inner, SCORES.slice(0, 4))];
    const id = inner.id ?? inner.document_id ?? inner.id_ ?? null;
    if (!text && id === null && !score) return null;
    const shown = [text, score, "id", "document_id", "id_"];
    const rest = Object.fromEntries(
      Object.entries(inner).filter(([key, value]) => !shown.includes(key) && value !== null),
    );
    const number = Number(inner[score]);
    return {
      id: id === null ? null : String(id),
      score: score && Number.isFinite(number) ? number : null,
      text: text ? at.details.plainOf(inner[text]) : null,
      rest: Object.keys(rest).length ? rest.metadata && Object.keys(rest).length === 1
        ? at.details.parsed(rest.metadata) : rest : null,
    };
  }

  /** The documents that a value holds; null if it is something else. */
  function documentsOf(given) {
    const value = at.details.parsed(given);
    if (at.details.isObject(value)) {
      const key = LISTS.find((name) => Array.isArray(value[name]));
      return key ? documentsOf(value[key]) : null;
    }
    if (!Array.isArray(value) || !value.length) return null;
    const found = value.map(asDocument);
    return found.every(Boolean) ? found : null;
  }

  function documents(found, state) {
    const best = Math.max(...found.map((each) => each.score ?? -Infinity));
    const full = best > 1 ? best : 1;
    const holder = at.el("ol", { class: "at-documents" });
    let built = 0;
    const more = at.el("button", { type: "button", class: "at-more", on: { click: next } });
    function next() {
      const to = Math.min(found.length, built + SHOWN);
      for (; built < to; built += 1) holder.append(card(found[built], built));
      more.hidden = built === found.length;
      more.textContent = `Show more of ${at.format.count(found.length - built)}`;
    }
    function card(each, place) {
      const part = each.score === null ? 0 : Math.max(0, Math.min(1, each.score / full));
      return at.el(
        "li",
        { class: "at-document" },
        at.el(
          "div",
          { class: "at-document-head" },
          at.el("strong", { class: "at-number", text: `#${place + 1}` }),
          each.id === null
            ? null
            : at.el("span", { class: "at-mono", text: at.details.short(each.id) }),
          at.el("span", { class: "at-fill" }),
          each.score === null
            ? null
            : [
                at.el("span", { class: "at-number", text: Number(each.score.toPrecision(4)) }),
                at.el(
                  "span",
                  { class: "at-score", aria: { hidden: "true" } },
                  at.el("span", { style: { width: `${(part * 100).toFixed(1)}%` } }),
                ),
              ],
        ),
        each.text === null ? null : at.details.textBlock(each.text, { state, key: `doc${place}` }),
        each.rest
          ? at.details.fold(
              "Metadata",
              () => at.details.value(each.rest, { state, key: `doc${place}:rest` }),
              state,
              `doc${place}:fold`,
            )
          : null,
      );
    }
    next();
    return at.el("div", {}, holder, more);
  }

  function evaluation(span) {
    const own = span.attributes || {};
    const told = {};
    const keys = {
      name: "name",
      label: "score.label",
      score: "score.value",
      explanation: "explanation",
    };
    for (const [name, key] of Object.entries(keys)) {
      const value = own[`gen_ai.evaluation.${key}`];
      if (value !== undefined) told[name] = value;
    }
    return told;
  }

  /** Verdict, label, score and explanation of a check; null if none are told. */
  function verdict(span) {
    const output = at.details.parsed(span.output);
    const held = { ...(at.details.isObject(output) ? output : {}), ...evaluation(span) };
    if (typeof output === "boolean") held.passed = output;
    const found = [
      ["Check", held.name === undefined ? undefined : "name"],
      ["Verdict", pick(held, VERDICTS)],
      ["Label", pick(held, LABELS)],
      ["Score", pick(held, SCORES)],
      ["Explanation", pick(held, WHYS)],
    ].filter(([, key]) => key);
    if (!found.length) return null;
    const long = (text, key) =>
      text.length > 160 ? at.details.textBlock(text, { clip: 500, name: key }) : text;
    const words = (key) => {
      if (key === "passed") return held[key] ? "Passed" : "Not passed";
      if (/triggered/.test(key)) return held[key] ? "Triggered" : "Not triggered";
      return at.details.plainOf(held[key]);
    };
    return at.el(
      "dl",
      { class: "at-facts" },
      found.map(([label, key]) => [
        at.el("dt", { text: label }),
        at.el("dd", { class: label === "Verdict" ? "at-verdict" : null, }, long(words(key), key)),
      ]),
    );
  }

  at.details ??= {};
  Object.assign(at.details, { documentsOf, documents, verdict });
})();
