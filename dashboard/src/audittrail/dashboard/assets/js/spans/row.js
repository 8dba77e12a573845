/** One line of the Spans view: its cells, made once and filled again. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const INDENT = 14;
  const MOST_INDENTS = 12;

  function setText(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  /** Build what is not text anew only when ``key`` is another. */
  function setKeyed(node, key, build) {
    if (node.dataset.key === key) return;
    node.dataset.key = key;
    at.clear(node, build());
  }

  function make(id) {
    const part = (name, ...children) => at.el("span", { class: name }, ...children);
    const fold = part("at-spans-fold");
    const type = part("at-spans-type");
    const deep = part("at-spans-deep");
    const name = part("at-spans-text");
    const more = part("at-spans-more");
    const marks = part("at-spans-marks");
    const bar = at.el("span", { class: "at-bar" });
    const time = part("at-spans-time");
    const cell = (key, ...children) =>
      at.el("div", { class: `at-cell at-cell-${key}`, role: "gridcell" }, ...children);
    const cells = {
      name: cell("name", deep, fold, type, name, more, marks),
      status: cell("status"),
      duration: cell("duration", time, part("at-bar-track", bar)),
      start: cell("start"),
      model: cell("model"),
      tokens: cell("tokens"),
      cost: cell("cost"),
      violations: cell("violations"),
    };
    const node = at.el("div", { class: "at-spans-row", role: "row", id }, Object.values(cells));
    return { node, cells, fold, type, deep, name, more, marks, bar, time };
  }

  function bounds(store, row) {
    const sums = store.subtree(row);
    const folded = store.ghost[row] || (store.hasChildren(row) && !store.isOpen(row));
    if (!folded) return [store.start[row], store.endOf(row)];
    const end = sums.running && store.live ? Math.max(store.now(), sums.end) : sums.end;
    return [sums.start, store.ghost[row] ? end : Math.max(end, store.endOf(row) || end)];
  }

  function setBar(line, store, [start, end], [low, high], kind) {
    const all = high - low || 1;
    const ends = Number.isFinite(end) ? end : start;
    const left = Math.max(0, ((start - low) / all) * 100);
    const width = Math.max(0, ((ends - start) / all) * 100);
    line.bar.hidden = !Number.isFinite(start);
    line.bar.className = `at-bar ${kind}`;
    if (line.bar.hidden) return;
    line.bar.style.setProperty("left", `${Math.min(left, 99.6).toFixed(3)}%`);
    line.bar.style.setProperty("width", `${Math.min(width, 100 - left).toFixed(3)}%`);
  }

  function statusOf(store, row) {
    if (store.ghost[row]) return null;
    if (store.running[row]) return store.live ? "running" : "incomplete";
    return store.status[row];
  }

  function nameOf(store, row) {
    if (!store.ghost[row]) return store.name[row] || "(no name)";
    return store.ghost[row] === at.trace.Columns.REMOTE ? "caller (remote)" : "(parent not received)";
  }

  /** Tokens as "1,200 / 80"; what a span does not tell of is "--". */
  function tokenText(given, out) {
    if (given === null && out === null) return "";
    return `${at.format.count(given)} / ${at.format.count(out)}`;
  }

  function fillMarks(line, store, { own, failed, violations }) {
    setKeyed(line.marks, `${own}|${failed}|${violations}`, () => [
      own ? at.el("span", { class: "at-mark-error", title: "Error" }, "!", hiddenText("error")) : null,
      failed
        ? at.el("span", { class: "at-mark-error", text: `${at.format.count(failed)} failed` })
        : null,
      violations
        ? at.el("span", { class: "at-mark-violation", title: at.format.plural(violations, "violation") },
            "▲", hiddenText(at.format.plural(violations, "violation")))
        : null,
    ]);
  }
  const hiddenText = (text) => at.el("span", { class: "at-hidden", text: ` ${text} ` });

  function fillCost(node, usd, source, unpriced) {
    const told = at.trace.words.cost(usd, source, unpriced);
    const empty = usd === null && !told.source;
    setKeyed(node, `${told.text}|${told.source}|${told.note}`, () =>
      empty
        ? []
        : [at.el("span", { text: told.text, title: told.note }), " ", at.badge.cost(told.source, { short: true })],
    );
  }

  /** How wide in from the left, and in which words past the most. */
  function fillIndent(line, depth) {
    const deep = Math.max(0, depth - MOST_INDENTS);
    line.cells.name.style.setProperty("--indent", `${Math.min(depth, MOST_INDENTS) * INDENT}px`);
    setText(line.deep, deep ? `+${deep}` : "");
  }

  function fillSpan(line, store, row, { flat, extent }) {
    const parent = store.hasChildren(row) && !flat;
    const open = parent && (store.filtering || store.isOpen(row));
    const folded = parent && !open;
    const ghost = store.ghost[row];
    const sums = folded || ghost ? store.subtree(row) : null;
    const failing = store.status[row] === "error";
    setKeyed(line.fold, parent ? (open ? "open" : "closed") : "", () =>
      parent ? at.icon(open ? "chevron-down" : "chevron-right") : [],
    );
    setKeyed(line.type, ghost ? "ghost" : store.type[row], () =>
      ghost ? at.el("span", { class: "at-ghost-mark" }) : at.typeIcon(store.type[row]),
    );
    fillIndent(line, flat ? 0 : store.depth(row));
    setText(line.name, nameOf(store, row));
    line.name.title = ghost ? store.id[row] : store.name[row];
    setText(line.more, folded ? `${at.format.count(sums.count)} spans` : "");
    fillMarks(line, store, {
      own: failing,
      failed: folded ? sums.failed - (failing ? 1 : 0) : 0,
      violations: folded ? sums.violations : store.violations[row],
    });
    const status = statusOf(store, row);
    setKeyed(line.cells.status, String(status), () => (status ? at.badge.status(status) : []));
    const between = bounds(store, row);
    const length = ghost ? NaN : at.spans.durationOf(store, row);
    setText(line.time, ghost ? "" : at.format.duration(length));
    const running = store.running[row] && store.live;
    setBar(line, store, between, extent,
      ghost ? "at-bar-ghost"
        : `at-bar-${store.type[row]}${failing ? " at-bar-error" : ""}${running ? " at-bar-running" : ""}`);
    const start = ghost ? sums.start : store.start[row];
    setText(line.cells.start, Number.isFinite(start) ? `+${at.format.duration(start - extent[0])}` : "--");
    setText(line.cells.model, store.model[row] || "");
    line.cells.model.title = store.model[row] || "";
    const told = sums || { tokensIn: store.tokensIn[row], tokensOut: store.tokensOut[row] };
    setText(line.cells.tokens, tokenText(told.tokensIn, told.tokensOut));
    if (sums) fillCost(line.cells.cost, sums.cost, sums.unpriced && sums.cost === null ? "unpriced" : null, sums.unpriced);
    else fillCost(line.cells.cost, store.cost[row], store.costSource[row], 0);
    const violations = sums ? sums.violations : store.violations[row];
    setText(line.cells.violations, violations ? at.format.count(violations) : "");
    const range = store.range;
    const outside = range && (between[0] > range[1] || between[1] < range[0]);
    line.node.className =
      `at-spans-row${ghost ? " at-spans-ghost" : ""}${store.isHit(row) ? " at-spans-hit" : ""}` +
      `${row === store.selected && store.cursor === null ? " at-spans-selected" : ""}` +
      `${row === store.hovered ? " at-spans-hovered" : ""}${outside ? " at-spans-outside" : ""}`;
    const [place, many] = flat ? [0, 0] : store.siblings(row);
    setAria(line.node, {
      level: flat ? 1 : store.depth(row) + 1,
      expanded: parent ? open : null,
      posinset: flat ? null : place,
      setsize: flat ? null : many,
      selected: row === store.selected,
    });
  }

  function fillRun(line, store, run, { extent }) {
    const open = store.isRunOpen(run.key);
    let [low, high, cost, given, out, unpriced, violations] = [Infinity, -Infinity, null, null, null, 0, 0];
    for (const row of run.rows) {
      low = Math.min(low, store.start[row]);
      high = Math.max(high, store.endOf(row) || store.start[row]);
      violations += store.violations[row];
      if (store.tokensIn[row] !== null) given = (given || 0) + store.tokensIn[row];
      if (store.tokensOut[row] !== null) out = (out || 0) + store.tokensOut[row];
      if (store.costSource[row] === "unpriced") unpriced += 1;
      else if (store.cost[row] !== null) cost = (cost || 0) + store.cost[row];
    }
    const type = store.type[run.rows[0]];
    setKeyed(line.fold, open ? "open" : "closed", () => at.icon(open ? "chevron-down" : "chevron-right"));
    setKeyed(line.type, type, () => at.typeIcon(type));
    fillIndent(line, store.depth(run.rows[0]));
    setText(line.name, run.name || "(no name)");
    line.name.title = run.name;
    const failed = run.failed ? ` (${at.format.count(run.failed)} failed)` : "";
    setText(line.more, `x ${at.format.count(run.rows.length)}${failed}`);
    fillMarks(line, store, { own: false, failed: 0, violations });
    setKeyed(line.cells.status, "", () => []);
    setText(line.time, "");
    setBar(line, store, [low, high], extent, `at-bar-${type} at-bar-run`);
    setText(line.cells.start, Number.isFinite(low) ? `+${at.format.duration(low - extent[0])}` : "--");
    setText(line.cells.model, "");
    setText(line.cells.tokens, tokenText(given, out));
    fillCost(line.cells.cost, cost, null, unpriced);
    setText(line.cells.violations, violations ? at.format.count(violations) : "");
    line.node.className = `at-spans-row at-spans-run${store.cursor === run.key ? " at-spans-cursor" : ""}`;
    setAria(line.node, {
      level: store.depth(run.rows[0]) + 1,
      expanded: open,
      posinset: null,
      setsize: null,
      selected: false,
    });
  }

  function setAria(node, values) {
    for (const [name, value] of Object.entries(values)) {
      const text = value === null ? null : String(value);
      if (node.getAttribute(`aria-${name}`) === text) continue;
      if (text === null) node.removeAttribute(`aria-${name}`);
      else node.setAttribute(`aria-${name}`, text);
    }
  }

  at.spansRow = { make, fillSpan, fillRun, nameOf };
})();
