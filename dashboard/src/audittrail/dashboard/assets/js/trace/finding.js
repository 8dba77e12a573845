/** Finding spans within a trace: the span terms of the filter language, and words. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const UNITS = { ms: 1, s: 1000, m: 60000, h: 3600000, k: 1000, M: 1000000 };
  const TOKEN = /(-?)(?:([A-Za-z_.:]+?):)?("(?:[^"\\]|\\.)*"|[^\s]+)/g;

  function unquoted(text) {
    return text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, "$1") : text;
  }

  function matcher(text) {
    const value = unquoted(text).toLowerCase();
    if (!text.startsWith('"') && value.includes("*")) {
      const parts = value.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
      const pattern = new RegExp(`^${parts.join(".*")}$`, "s");
      return (found) => pattern.test(String(found ?? "").toLowerCase());
    }
    return (found) => String(found ?? "").toLowerCase() === value;
  }

  function amount(text) {
    const parts = /^(-?\d+(?:\.\d+)?)(ms|s|m|h|k|M)?$/.exec(text);
    return parts ? Number(parts[1]) * (UNITS[parts[2]] || 1) : null;
  }

  function range(text) {
    const dots = text.indexOf("..");
    if (dots > 0) {
      const [low, high] = [amount(text.slice(0, dots)), amount(text.slice(dots + 2))];
      return low === null || high === null ? null : (n) => n >= low && n <= high;
    }
    const parts = /^(>=|<=|>|<)?(.+)$/.exec(text);
    const bound = amount(parts[2]);
    if (bound === null) return null;
    const compare = {
      ">": (n) => n > bound,
      ">=": (n) => n >= bound,
      "<": (n) => n < bound,
      "<=": (n) => n <= bound,
    }[parts[1]];
    return compare || ((n) => n === bound);
  }

  const text = (column) => (c, value) => {
    const tests = value.split(",").map(matcher);
    return (row) => tests.some((test) => test(c[column][row]));
  };
  const number = (of) => (c, value) => {
    const test = range(value);
    return test && ((row) => {
      const found = of(c, row);
      return Number.isFinite(found) && test(found);
    });
  };
  const HAS = {
    error: (c, row) => c.status[row] === "error",
    violation: (c, row) => c.violations[row] > 0,
  };

  /** What a key of the find box looks at. */
  const KEYS = {
    name: text("name"),
    type: (c, value) => {
      const tests = value.split(",").map(matcher);
      return (row) => tests.some((test) => test(c.type[row]) || test(c.rawType[row]));
    },
    status: text("status"),
    "span.status": text("status"),
    model: text("model"),
    agent: text("agent"),
    id: text("id"),
    tool: (c, value) => {
      const named = text("name")(c, value);
      return (row) => c.type[row] === "tool" && named(row);
    },
    duration: number((c, row) => c.end[row] - c.start[row]),
    "span.duration": number((c, row) => c.end[row] - c.start[row]),
    cost: number((c, row) => c.cost[row]),
    tokens: number((c, row) => (c.tokensIn[row] ?? NaN) + (c.tokensOut[row] ?? 0)),
    has: (c, value) => {
      const tests = value.split(",").map((each) => HAS[each]);
      return tests.every(Boolean) ? (row) => tests.some((test) => test(c, row)) : null;
    },
  };

  // Every sixteenth id begins with a given digit: so few digits mean a name, not an id.
  const ID_DIGITS = 4;

  function word(c, value) {
    const wanted = unquoted(value).toLowerCase();
    return (row) =>
      c.name[row].toLowerCase().includes(wanted) ||
      (wanted.length >= ID_DIGITS && c.id[row].startsWith(wanted)) ||
      Boolean(c.model[row] && c.model[row].toLowerCase().includes(wanted));
  }

  /**
   * ``{test(row), words: string[], problem}``: all terms must hold for the same span. ``words`` are
   * those that may also stand in inputs and outputs, which only the server can look into.
   */
  at.trace ??= {};
  at.trace.parseFind = (query, columns) => {
    const tests = [];
    const words = [];
    let problem = null;
    for (const [, minus, key, value] of query.matchAll(TOKEN)) {
      const known = key && KEYS[key];
      if (key && !known) {
        const near = at.trace.nearestKey(key, Object.keys(KEYS));
        problem = `Unknown filter "${key}".${near ? ` Did you mean "${near}"?` : ""}`;
        continue;
      }
      const test = key ? known(columns, value) : word(columns, value);
      if (!test) {
        problem = `"${value}" is not a value for "${key}".`;
        continue;
      }
      if (!key && !minus) words.push(unquoted(value));
      tests.push({ test, minus: Boolean(minus), word: key ? null : unquoted(value) });
    }
    return { tests, words, problem };
  };

  /** The name that differs least, if it differs by no more than two letters. */
  at.trace.nearestKey = (key, known) => {
    const distance = (a, b) => {
      let row = Array.from({ length: b.length + 1 }, (_, i) => i);
      for (let i = 1; i <= a.length; i += 1) {
        const next = [i];
        for (let j = 1; j <= b.length; j += 1) {
          const change = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
          next[j] = Math.min(change, row[j] + 1, next[j - 1] + 1);
        }
        row = next;
      }
      return row[b.length];
    };
    const best = known.map((each) => [distance(key, each), each]).sort((a, b) => a[0] - b[0])[0];
    return best && best[0] <= 2 ? best[1] : null;
  };
})();
