/** The columns of the Spans view, and sorting by them. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  const durationOf = (store, row) => store.endOf(row) - store.start[row];
  const number = (value) => (value === null || Number.isNaN(value) ? -Infinity : value);
  const STATUS_RANK = { error: 3, running: 2, unset: 1, ok: 0 };

  /** ``value`` is what a column is sorted by, the largest first unless ``ascending``. */
  const COLUMNS = [
    { key: "name", label: "Name", ascending: true, value: (s, row) => s.name[row].toLowerCase() },
    {
      key: "status",
      label: "Status",
      value: (s, row) => STATUS_RANK[s.running[row] ? "running" : s.status[row]] ?? 0,
    },
    { key: "duration", label: "Duration", value: (s, row) => number(durationOf(s, row)) },
    { key: "start", label: "Start", ascending: true, numeric: true, value: (s, row) => s.start[row] },
    { key: "model", label: "Model", ascending: true, value: (s, row) => s.model[row] || "\uffff" },
    {
      key: "tokens",
      label: "Tokens",
      numeric: true,
      value: (s, row) =>
        s.tokensIn[row] === null && s.tokensOut[row] === null
          ? -Infinity
          : (s.tokensIn[row] || 0) + (s.tokensOut[row] || 0),
    },
    { key: "cost", label: "Cost", numeric: true, value: (s, row) => number(s.cost[row]) },
    { key: "violations", label: "Viol.", numeric: true, value: (s, row) => s.violations[row] },
  ];

  /**
   * All spans by one column, flat.
   * @param {{key: string, down: boolean}} how
   */
  function sorted(store, how) {
    const column = COLUMNS.find((each) => each.key === how.key);
    const rows = [...store.order()].filter(
      (row) => !store.ghost[row] && (!store.filtering || !store.findText || store.isHit(row)),
    );
    const values = new Map(rows.map((row) => [row, column.value(store, row)]));
    const sign = how.down ? -1 : 1;
    rows.sort((a, b) => {
      const [left, right] = [values.get(a), values.get(b)];
      if (left === right) return store.place(a) - store.place(b);
      return (left < right ? -1 : 1) * sign;
    });
    return Int32Array.from(rows);
  }

  /** What a click on a column's head makes of the sorting: its own way, the other, none. */
  function nextSort(now, key) {
    const first = !COLUMNS.find((each) => each.key === key).ascending;
    if (!now || now.key !== key) return { key, down: first };
    return now.down === first ? { key, down: !first } : null;
  }

  at.spans = { COLUMNS, sorted, nextSort, durationOf };
})();
