/** What differs between two texts: by line, and by word within lines that changed. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  // Beyond this many steps the middle is told as replaced as a whole.
  const MOST_STEPS = 1000;
  const MOST_LINES = 20000;
  const MOST_WORDS = 600;
  const CONTEXT = 3;

  /**
   * Myers' algorithm: ``[[kind, a, b], ...]`` with kind ``same``, ``gone`` or ``new``, and places
   * in both lists.
   */
  function compare(a, b) {
    let start = 0;
    while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
    let tail = 0;
    while (
      tail < a.length - start && tail < b.length - start &&
      a[a.length - 1 - tail] === b[b.length - 1 - tail]
    ) tail += 1;
    const out = [];
    for (let i = 0; i < start; i += 1) out.push(["same", i, i]);
    middle(a, b, start, a.length - tail, b.length - tail, out);
    for (let i = tail; i > 0; i -= 1) out.push(["same", a.length - i, b.length - i]);
    return out;
  }

  function middle(a, b, start, endA, endB, out) {
    const [n, m] = [endA - start, endB - start];
    const limit = Math.min(n + m, MOST_STEPS);
    const reach = new Map([[1, 0]]);
    const history = [];
    for (let d = 0; d <= limit; d += 1) {
      history.push(new Map(reach));
      for (let k = -d; k <= d; k += 2) {
        const down = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
        let x = down ? reach.get(k + 1) ?? 0 : (reach.get(k - 1) ?? 0) + 1;
        let y = x - k;
        while (x < n && y < m && a[start + x] === b[start + y]) {
          x += 1;
          y += 1;
        }
        reach.set(k, x);
        if (x >= n && y >= m) return back(history, d, n, m, start, out);
      }
    }
    for (let i = start; i < endA; i += 1) out.push(["gone", i, -1]);
    for (let i = start; i < endB; i += 1) out.push(["new", -1, i]);
    return undefined;
  }

  function back(history, steps, n, m, start, out) {
    const found = [];
    let [x, y] = [n, m];
    for (let d = steps; d >= 0; d -= 1) {
      const reach = history[d];
      const k = x - y;
      const down = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
      const from = down ? k + 1 : k - 1;
      const fromX = d === 0 ? 0 : reach.get(from) ?? 0;
      const fromY = d === 0 ? 0 : fromX - from;
      while (x > fromX && y > fromY) {
        x -= 1;
        y -= 1;
        found.push(["same", start + x, start + y]);
      }
      if (d === 0) break;
      if (down) found.push(["new", -1, start + fromY]);
      else found.push(["gone", start + fromX, -1]);
      [x, y] = [fromX, fromY];
    }
    out.push(...found.reverse());
  }

  const LONG_LINE = 4000;

  // Of a line of which nobody sees the end, what is around the place where it differs.
  function around(line, other) {
    if (line.length <= LONG_LINE) return line;
    let from = 0;
    while (from < line.length && line[from] === other[from]) from += 1;
    from = Math.max(0, from - 200);
    const size = at.format.bytes(line.length);
    return `${from ? "..." : ""}${line.slice(from, from + LONG_LINE)}... (of ${size})`;
  }

  const words = (line) => line.match(/\s+|\w+|[^\s\w]/g) || [];

  // Two lines of which one took the other's place: what changed in them is marked.
  function wordMarks(before, after) {
    if (Math.max(before.length, after.length) > LONG_LINE) {
      return [around(before, after), around(after, before)];
    }
    const [a, b] = [words(before), words(after)];
    if (a.length > MOST_WORDS || b.length > MOST_WORDS) return null;
    const found = compare(a, b);
    const same = found.filter(([kind]) => kind === "same").length;
    if (same * 3 < Math.max(a.length, b.length)) return null;
    const side = (own, kind, column) =>
      found
        .filter((each) => each[0] === "same" || each[0] === kind)
        .map((each) =>
          each[0] === "same"
            ? own[each[column]]
            : at.el("mark", { class: "at-word", text: own[each[column]] }),
        );
    return [side(a, "gone", 1), side(b, "new", 2)];
  }

  const SIGNS = { same: " ", gone: "-", new: "+" };
  const WORDS = { gone: "Removed: ", new: "Added: " };

  function row(kind, content) {
    return at.el(
      "div",
      { class: `at-diff-${kind}` },
      at.el("span", { class: "at-diff-sign", text: SIGNS[kind], aria: { hidden: "true" } }),
      WORDS[kind] ? at.el("span", { class: "at-hidden", text: WORDS[kind] }) : null,
      at.el("span", { class: "at-diff-text" }, content),
    );
  }

  function rows(a, b, found) {
    const out = [];
    for (let i = 0; i < found.length; ) {
      if (found[i][0] === "same") {
        const make = (line) => row("same", around(a[line], ""));
        out.push({ kind: "same", make, place: found[i][1] });
        i += 1;
        continue;
      }
      const gone = [];
      const fresh = [];
      for (; i < found.length && found[i][0] !== "same"; i += 1) {
        if (found[i][0] === "gone") gone.push(found[i][1]);
        else fresh.push(found[i][2]);
      }
      const marks = gone.map((line, place) =>
        place < fresh.length && place < 50 ? wordMarks(a[line], b[fresh[place]]) : null,
      );
      gone.forEach((line, place) => {
        const text = marks[place] ? marks[place][0] : around(a[line], "");
        out.push({ kind: "gone", make: () => row("gone", text) });
      });
      fresh.forEach((line, place) => {
        const text = marks[place] ? marks[place][1] : around(b[line], "");
        out.push({ kind: "new", make: () => row("new", text) });
      });
    }
    return out;
  }

  const SHOWN_ROWS = 400;

  /**
   * An element that shows how ``after`` differs from ``before``; lines that are the same are left
   * out but for three around each change.
   */
  function node(before, after) {
    if (before === after) return at.el("p", { class: "at-muted", text: "No difference." });
    const [a, b] = [before.split("\n"), after.split("\n")];
    if (a.length > MOST_LINES || b.length > MOST_LINES) {
      return at.el("p", { text: "Too long to be compared line by line." });
    }
    const all = rows(a, b, compare(a, b));
    const near = new Uint8Array(all.length);
    all.forEach(({ kind }, place) => {
      if (kind === "same") return;
      const [low, high] = [Math.max(0, place - CONTEXT), Math.min(all.length - 1, place + CONTEXT)];
      for (let i = low; i <= high; i += 1) near[i] = 1;
    });
    const holder = at.el("div", { class: "at-diff" });
    let hidden = 0;
    let shown = 0;
    const skip = () => {
      if (!hidden) return;
      const text = `${at.format.plural(hidden, "line")} the same`;
      holder.append(at.el("div", { class: "at-diff-skip", text }));
      hidden = 0;
    };
    for (let i = 0; i < all.length; i += 1) {
      if (!near[i]) {
        hidden += 1;
        continue;
      }
      skip();
      if (shown === SHOWN_ROWS) {
        const text = `${at.format.plural(all.length - i, "more line")} not shown.`;
        holder.append(at.el("div", { class: "at-diff-skip", text }));
        return holder;
      }
      holder.append(all[i].make(all[i].place));
      shown += 1;
    }
    skip();
    return holder;
  }

  at.diff = { compare, node };
})();
