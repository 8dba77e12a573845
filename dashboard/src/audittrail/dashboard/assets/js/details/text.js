/** Texts and values of any size: as much as one wants to read, and the rest on demand. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const SHOWN_BYTES = 200000;
  const CLIPPED_LINES = 18;
  const CLIPPED_LENGTH = 2400;
  const MAGIC = [
    ["iVBORw", "image/png"],
    ["/9j/", "image/jpeg"],
    ["R0lGOD", "image/gif"],
    ["UklGR", "RIFF"],
    ["JVBERi", "application/pdf"],
    ["UEsDB", "application/zip"],
    ["H4sI", "application/gzip"],
  ];

  const sizeOf = (text) => (text.length < 1e5 ? new Blob([text]).size : utf8Length(text));

  // Without a copy of a text of many megabytes.
  function utf8Length(text) {
    let size = text.length;
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i);
      if (code > 0x7ff) size += code >= 0xd800 && code <= 0xdfff ? 1 : 2;
      else if (code > 0x7f) size += 1;
    }
    return size;
  }

  function base64Size(text) {
    const padding = /=*$/.exec(text.slice(-2))[0].length;
    return Math.floor((text.length * 3) / 4) - padding;
  }

  /** "Image, image/png, 12 kB": what is not text is told by its type and size alone. */
  function chip(label, mime, size, title) {
    const words = [label, mime, size === null ? null : at.format.bytes(size)].filter(Boolean);
    return at.el("span", {
      class: "at-chip",
      title: title ? short(title, 1000) : null,
      text: short(words.join(", ")),
    });
  }

  function bytesChip(encoded) {
    const known = MAGIC.find(([start]) => encoded.startsWith(start));
    return chip("Binary", known ? known[1] : "not text", base64Size(encoded));
  }

  /** A chip for a data URL; null for any other text. */
  function dataUrlChip(text) {
    const found = /^data:([\w.+-]+\/[\w.+-]+)?(?:;[\w=-]+)*;base64,/.exec(text.slice(0, 200));
    return found ? chip("Data", found[1], base64Size(text.slice(found[0].length))) : null;
  }

  function shownPart(text) {
    let end = Math.min(text.length, SHOWN_BYTES);
    if (end < text.length && /[\uD800-\uDBFF]/.test(text[end - 1])) end -= 1;
    return text.slice(0, end);
  }

  /**
   * Text in full, clipped by height; over 200 kB its beginning, with buttons for the rest.
   * @param {string} text
   * @param {{name?: string, markdown?: boolean, clip?: number, state?: Map, key?: string}} [how]
   *   ``clip``: from how many signs on its height is bounded
   */
  function textBlock(text, how = {}) {
    const state = how.state || new Map();
    const key = `text:${how.key || ""}`;
    const holder = at.el("div", { class: "at-text-holder" });
    const big = text.length > SHOWN_BYTES;
    const lines = text.split("\n", CLIPPED_LINES + 1).length;
    const long = text.length > (how.clip || CLIPPED_LENGTH) || lines > CLIPPED_LINES;
    const size = big ? at.format.bytes(sizeOf(text)) : null;

    function show() {
      const all = !big || state.get(`${key}:all`);
      const part = all ? text : shownPart(text);
      const clipped = long && !state.get(`${key}:open`);
      const body =
        how.markdown && !big
          ? at.markdown.node(part)
          : at.el("div", { class: `at-text${how.mono ? " at-mono" : ""}`, text: part });
      if (clipped) body.classList.add("at-clipped");
      at.clear(
        holder,
        body,
        long
          ? at.el("button", {
              type: "button",
              class: "at-more",
              text: clipped ? "Show more" : "Show less",
              aria: { expanded: !clipped },
              on: { click: () => (state.set(`${key}:open`, clipped), show()) },
            })
          : null,
        big
          ? at.el(
              "div",
              { class: "at-size-bar" },
              at.el("span", {
                text: all ? `${size}.` : `Showing ${at.format.bytes(SHOWN_BYTES)} of ${size}.`,
              }),
              all
                ? null
                : at.button({
                    label: "Load all",
                    run: () => (state.set(`${key}:all`, true), show()),
                  }),
              at.button({
                label: "Download",
                icon: "download",
                run: () => at.download(text, `${how.name || "text"}.txt`),
              }),
            )
          : null,
      );
    }
    show();
    return holder;
  }

  /** A name, key or id as it is, but for one that nobody reads to its end. */
  const short = (text, most = 160) => {
    const words = String(text ?? "");
    return words.length > most ? `${words.slice(0, most)}...` : words;
  };

  const plainOf = (value) =>
    typeof value === "string" ? value : JSON.stringify(value, null, 2) ?? "";

  /**
   * A value as best to read: text, chip, table of its keys, or a tree. ``how.nested``: values of
   * keys that are JSON are read as such, too.
   */
  function value(given, how = {}) {
    const held = how.parse === false ? given : at.details.parsed(given);
    if (held === null || held === undefined) {
      return at.el("span", { class: "at-muted", text: "--" });
    }
    if (typeof held === "string") return dataUrlChip(held) || textBlock(held, how);
    if (typeof held !== "object") return at.el("span", { class: "at-mono", text: String(held) });
    if (typeof held.bytesValue === "string") return bytesChip(held.bytesValue);
    if (Array.isArray(held) || !Object.keys(held).length) return at.details.jsonTree(held, how);
    return pairs(Object.entries(held), how);
  }

  // Keys and values side by side; what is nested is a tree of its own.
  function pairs(entries, how) {
    if (entries.length > 40) return at.details.jsonTree(Object.fromEntries(entries), how);
    return at.el(
      "dl",
      { class: "at-pairs" },
      entries.map(([key, held]) => {
        const inner = { ...how, key: `${how.key || ""}.${key}`, name: key };
        const node =
          held !== null && typeof held === "object" && typeof held.bytesValue !== "string"
            ? at.details.jsonTree(held, inner)
            : value(held, { ...inner, parse: how.nested === true });
        return [at.el("dt", { text: short(key) }), at.el("dd", {}, node)];
      }),
    );
  }

  at.details ??= {};
  Object.assign(at.details, {
    textBlock, value, plainOf, short, chip, bytesChip, dataUrlChip, base64Size,
  });
})();
