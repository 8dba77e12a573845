/** A small Markdown, as nodes: headings, lists, code, quotes, bold, italic, links. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  // Longer paragraphs are shown as they are: nobody writes them, and patterns are slow on them.
  const LINE_LIMIT = 8000;
  const INLINE = new RegExp(
    [
      "(`+)([^`]|[^`][\\s\\S]*?[^`])\\1(?!`)", // code
      "!\\[([^\\]\\n]*)\\]\\(([^()\\s]*)[^()]*\\)", // image
      "\\[([^\\]\\n]+)\\]\\(([^()\\s]*)[^()]*\\)", // link
      "\\*\\*(\\S(?:[^*\\n]*\\S)?)\\*\\*", // bold
      "(?<![\\w*])[*_]([^\\s*_](?:[^*_\\n]*[^\\s*_])?)[*_](?![\\w*])", // italic
      "(https?:\\/\\/[^\\s<>\"')\\]]+)", // bare address
    ].join("|"),
    "g",
  );

  function link(address, children) {
    let url = null;
    try {
      url = new URL(address);
    } catch {
      // Not an absolute address: its words are shown, and nothing can be followed.
    }
    if (!url || !/^https?:$/.test(url.protocol)) return at.el("span", { title: address }, children);
    return at.el(
      "a",
      { href: url.href, target: "_blank", rel: "noopener noreferrer", title: url.href },
      children,
    );
  }

  function inline(text, depth = 3) {
    if (!depth || text.length > LINE_LIMIT) return [text];
    const nodes = [];
    let from = 0;
    for (const found of text.matchAll(INLINE)) {
      const [all, ticks, code, alt, image, words, address, bold, italic, bare] = found;
      nodes.push(text.slice(from, found.index));
      from = found.index + all.length;
      if (ticks) nodes.push(at.el("code", { text: code }));
      else if (image !== undefined) {
        nodes.push(at.el("span", { class: "at-chip", title: alt, text: `[image: ${image}]` }));
      } else if (words !== undefined) nodes.push(link(address, inline(words, depth - 1)));
      else if (bold !== undefined) nodes.push(at.el("strong", {}, inline(bold, depth - 1)));
      else if (italic !== undefined) nodes.push(at.el("em", {}, inline(italic, depth - 1)));
      else nodes.push(link(bare, bare));
    }
    nodes.push(text.slice(from));
    return nodes;
  }

  const ITEM = /^(\s{0,12})([-*+]|\d{1,9}[.)])\s+(.*)$/;
  const FENCE = /^\s{0,3}(```+|~~~+)\s*(\S*)/;
  const HEADING = /^(#{1,6})\s+(.*)$/;
  const RULE = /^\s{0,3}([-*_])(\s*\1){2,}\s*$/;
  const isBreak = (line) =>
    !line.trim() || FENCE.test(line) || HEADING.test(line) || RULE.test(line) ||
    ITEM.test(line) || line.startsWith(">") || isRow(line);
  const isRow = (line) => /^\s*\|.*\|\s*$/.test(line);
  const cells = (line) => line.trim().slice(1, -1).split("|").map((cell) => cell.trim());

  function listOf(lines) {
    const items = [];
    const base = ITEM.exec(lines[0])[1].length;
    const ordered = /\d/.test(ITEM.exec(lines[0])[2]);
    for (const line of lines) {
      const found = ITEM.exec(line);
      if (found && found[1].length <= base + 1) items.push({ text: found[3], inner: [] });
      else items.at(-1).inner.push(line);
    }
    return at.el(
      ordered ? "ol" : "ul",
      { start: ordered ? parseInt(ITEM.exec(lines[0])[2], 10) : null },
      items.map(({ text, inner }) => {
        const nested = inner.length && ITEM.test(inner[0]);
        const more = nested ? listOf(inner) : inner.length ? ` ${inner.join(" ").trim()}` : null;
        return at.el("li", {}, inline(text), more);
      }),
    );
  }

  function table(lines) {
    const [head, rule, ...body] = lines;
    const ruled = rule && /^[\s|:-]+$/.test(rule);
    const row = (tag) => (line) =>
      at.el("tr", {}, cells(line).map((cell) => at.el(tag, {}, inline(cell))));
    return at.el(
      "div",
      { class: "at-md-table" },
      at.el("table", {}, ruled ? [row("th")(head), body.map(row("td"))] : lines.map(row("td"))),
    );
  }

  function take(lines, from, test) {
    let to = from;
    while (to < lines.length && test(lines[to], to)) to += 1;
    return lines.slice(from, to);
  }

  // Headings stand under the drawer's own, and none is more than one level below the one before.
  function levels() {
    let [top, last] = [0, 3];
    return (depth) => {
      top ||= depth;
      last = Math.max(4, Math.min(6, last + 1, 4 + depth - top));
      return last;
    };
  }

  function blocks(text) {
    const lines = text.split(/\r?\n/);
    const levelOf = levels();
    const nodes = [];
    let place = 0;
    while (place < lines.length) {
      const line = lines[place];
      const fence = FENCE.exec(line);
      const heading = HEADING.exec(line);
      if (!line.trim()) place += 1;
      else if (fence) {
        const body = take(lines, place + 1, (each) => !each.trim().startsWith(fence[1]));
        const code = at.el("code", { text: body.join("\n") });
        nodes.push(at.el("pre", { title: fence[2] || null }, code));
        place += body.length + 2;
      } else if (heading) {
        nodes.push(at.el(`h${levelOf(heading[1].length)}`, {}, inline(heading[2].trim())));
        place += 1;
      } else if (RULE.test(line)) {
        nodes.push(at.el("hr"));
        place += 1;
      } else if (ITEM.test(line)) {
        const body = take(lines, place, (each) => ITEM.test(each) || /^\s{2,}\S/.test(each));
        nodes.push(listOf(body));
        place += body.length;
      } else if (line.startsWith(">")) {
        const body = take(lines, place, (each) => each.startsWith(">"));
        const inner = body.map((each) => each.replace(/^>\s?/, "")).join("\n");
        nodes.push(at.el("blockquote", {}, at.el("p", {}, inline(inner))));
        place += body.length;
      } else if (isRow(line)) {
        const body = take(lines, place, isRow);
        nodes.push(table(body));
        place += body.length;
      } else {
        const body = take(lines, place, (each, at_) => at_ === place || !isBreak(each));
        nodes.push(at.el("p", {}, inline(body.join("\n"))));
        place += body.length;
      }
    }
    return nodes;
  }

  const SIGNS = /^#{1,6} |^[ \t]{0,12}([-*+]|\d{1,9}\.) \S|```|\*\*\S|`[^`\n]+`|\]\(|^\|.*\|$/m;

  at.markdown = {
    /** An element with ``text`` as it means. Nothing in it can run, load or leave this page. */
    node: (text) => at.el("div", { class: "at-markdown" }, blocks(text)),
    /** Whether it has anything that would look different. */
    isMarked: (text) => SIGNS.test(text.slice(0, LINE_LIMIT)),
  };
})();
