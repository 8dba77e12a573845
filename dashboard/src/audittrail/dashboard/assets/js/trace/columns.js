/** The columns of one trace, filled from the skeleton and from live deltas. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const REAL = 0;
  const MISSING = 1;
  const REMOTE = 2;
  const PLAIN = [
    ["tokensIn", "tokens_in"],
    ["tokensOut", "tokens_out"],
    ["tokensCached", "tokens_cached"],
    ["tokensReasoning", "tokens_reasoning"],
    ["cost", "cost"],
  ];
  const SHARED = [
    "start", "end", "name", "rawType", "status", "running", "model", "agent", "costSource",
    ...PLAIN.map(([name]) => name),
  ];

  /**
   * One list a column, one entry a row; a row never changes its place. A parent that has not been
   * received is a row of its own, a ghost, which its span fills when it comes.
   *
   * Times are ms after ``baseMs``, NaN where they are not known; an end is NaN while a span runs.
   *
   * Skeletons and live messages may come in any order, and again: of each row the newest is kept.
   */
  class Columns {
    constructor() {
      this.count = 0;
      this.spans = 0; // rows that are not ghosts
      this.seq = -1;
      this._marksAsOf = -1;
      this.baseMs = NaN;
      this.baseNs = null;
      this.rowOf = new Map();
      this._wanted = []; // the parent as the span says, also where a circle is cut
      this._asOf = []; // the commit up to which a row is known
      this._cut = new Set();
      this._new = false;
      this.internalCount = 0;
      this.internalShown = false;
      for (const name of Columns.NAMES) this[name] = [];
      this._linked = this.parent; // the parent by the spans; ``parent`` passes over what is hidden
    }

    /** Whether spans of the framework's own working are left out; never if there are no others. */
    get hidesInternal() {
      return !this.internalShown && this.internalCount > 0 && this.internalCount < this.spans;
    }

    isHidden(row) {
      return this.internal[row] && this.hidesInternal;
    }

    /** To be called when rows were added, moved, or are hidden otherwise than before. */
    lift() {
      this.parent = this.hidesInternal
        ? at.trace.shownParents(this._linked, this.internal)
        : this._linked;
    }

    _setInternal(row, internal) {
      if (this.internal[row] === internal) return false;
      this.internal[row] = internal;
      this.internalCount += internal ? 1 : -1;
      return true;
    }

    row(id) {
      const found = this.rowOf.get(id);
      return found === undefined ? -1 : found;
    }

    _add(id) {
      const row = this.count;
      this.count += 1;
      this.rowOf.set(id, row);
      this.id[row] = id;
      this._linked[row] = -1;
      this.internal[row] = false;
      this.start[row] = NaN;
      this.end[row] = NaN;
      this.name[row] = "";
      this.type[row] = "step";
      this.rawType[row] = null;
      this.status[row] = "unset";
      this.running[row] = false;
      this.ghost[row] = MISSING;
      this.model[row] = null;
      this.agent[row] = null;
      for (const [name] of PLAIN) this[name][row] = null;
      this.costSource[row] = null;
      this.ttft[row] = null;
      this.events[row] = 0;
      this.violations[row] = 0;
      this.flagged[row] = false;
      this.rowSeq[row] = -1;
      this._wanted[row] = -1;
      this._asOf[row] = -1;
      return row;
    }

    /** The row of a span that was received, new or a ghost till now; -1 if there is no room. */
    _real(id) {
      const found = this.row(id);
      if (found >= 0 && this.ghost[found] === REAL) return found;
      if (this.spans >= Columns.MOST) return -1;
      const row = found < 0 ? this._add(id) : found;
      this.ghost[row] = REAL;
      this.spans += 1;
      this._new = true;
      return row;
    }

    /** What both kinds of answers tell; true if the row's place in the tree may be another. */
    _put(row, values, parentId, remote) {
      let moved = this._new;
      this._new = false;
      for (const name of SHARED) {
        const value = values[name];
        if (this[name][row] === value || (value !== value && this[name][row] !== this[name][row])) {
          continue;
        }
        if (name === "start" || name === "name") moved = true;
        this[name][row] = value;
      }
      this.type[row] = at.typeOf(values.rawType);
      const wanted = !parentId || parentId === this.id[row] ? -1 : this._parentRow(parentId, remote);
      if (wanted !== this._wanted[row]) {
        this._wanted[row] = wanted;
        this._linked[row] = wanted;
        moved = true;
      }
      return moved;
    }

    _parentRow(id, remote) {
      const found = this.row(id);
      const row = found < 0 ? this._add(id) : found;
      if (remote && this.ghost[row] === MISSING) this.ghost[row] = REMOTE;
      return row;
    }

    _relink(rows) {
      this._cutCircles(rows);
      this.lift();
    }

    /** Parents in a circle: the link of its smallest id is cut, whatever came first. */
    _cutCircles(rows) {
      const starts = [...rows, ...this._cut];
      for (const row of this._cut) this._linked[row] = this._wanted[row];
      this._cut.clear();
      const seen = new Map(); // row, to the walk that came by
      starts.forEach((start, walk) => {
        let row = start;
        while (row >= 0 && !seen.has(row)) {
          seen.set(row, walk);
          row = this._linked[row];
        }
        if (row < 0 || seen.get(row) !== walk) return;
        let least = row;
        for (let next = this._linked[row]; next !== row; next = this._linked[next]) {
          if (this.id[next] < this.id[least]) least = next;
        }
        this._linked[least] = -1;
        this._cut.add(least);
      });
    }

    /**
     * Put in an answer of ``/skeleton``, or its rows from ``low`` to below ``high``.
     * @returns {{rows: Int32Array, structure: boolean}} structure: rows were added or moved.
     */
    putSkeleton(data, low = 0, high = data.columns.span_id.length) {
      const { columns: from, dictionaries } = data;
      const shift = from.span_id.length ? this._shift(data.base_ns) : 0;
      const rows = [];
      let structure = false;
      const coded = (name, place) => {
        const code = from[name][place];
        return code === null ? null : dictionaries[name][code];
      };
      const ms = (ns) => (ns === null ? NaN : (ns + shift) / 1e6);
      for (let place = low; place < high; place += 1) {
        const row = this._real(from.span_id[place]);
        if (row < 0) continue;
        const seq = from.seq[place];
        const asOf = Math.max(data.seq, seq);
        if (asOf >= this._asOf[row]) {
          this._asOf[row] = asOf;
          const values = {
            start: ms(from.start[place]),
            end: ms(from.end[place]),
            name: coded("name", place) || "",
            rawType: coded("span_type", place),
            status: coded("status", place) || "unset",
            running: from.running[place],
            model: coded("model", place),
            agent: coded("agent_name", place),
            costSource: coded("cost_source", place),
          };
          for (const [name, key] of PLAIN) values[name] = from[key][place];
          const parentId = from.parent_span_id[place];
          structure = this._put(row, values, parentId, from.remote_parent[place]) || structure;
          structure = this._setInternal(row, Boolean(from.internal?.[place])) || structure;
        }
        if (seq >= this.rowSeq[row]) {
          this.rowSeq[row] = seq;
          this.ttft[row] = from.ttft_ms ? from.ttft_ms[place] : null;
          this.events[row] = from.events ? from.events[place] : 0;
          if (from.violations) this.violations[row] = from.violations[place];
          this.flagged[row] = from.flagged[place];
        }
        rows.push(row);
      }
      if (structure) this._relink(rows);
      const all = high === from.span_id.length;
      if (all && data.violations && data.seq >= this._marksAsOf) {
        this._marksAsOf = data.seq;
        const known = new Set(rows);
        for (const row of this.putMarks(data.violations)) if (!known.has(row)) rows.push(row);
      }
      if (high === from.span_id.length) this.seq = Math.max(this.seq, data.seq);
      return { rows: Int32Array.from(rows), structure };
    }

    /**
     * Take how many violations each span has, by id; what is not named has none.
     * @returns {number[]} the rows that changed
     */
    putMarks(marks) {
      const rows = [];
      for (let row = 0; row < this.count; row += 1) {
        const many = marks[this.id[row]] || 0;
        if (this.violations[row] !== many) {
          this.violations[row] = many;
          rows.push(row);
        }
      }
      return rows;
    }

    /**
     * Put in the ``spans`` of a live message of commit ``seq``. What it does not tell of stays as
     * it was.
     */
    putSpans(spans, seq) {
      const rows = [];
      let structure = false;
      for (const span of spans) {
        const row = this._real(span.span_id);
        if (row < 0 || seq < this._asOf[row]) continue;
        this._asOf[row] = seq;
        const values = {
          start: this._near(this.start[row], span.start_time),
          end: this._near(this.end[row], span.end_time),
          name: span.name || "",
          rawType: span.span_type,
          status: span.status || "unset",
          running: span.running ?? span.end_time === null,
          model: span.model,
          agent: span.agent_name,
          costSource: span.cost_source,
        };
        for (const [name, key] of PLAIN) values[name] = span[key];
        structure = this._put(row, values, span.parent_span_id, span.remote_parent) || structure;
        structure = this._setInternal(row, Boolean(span.internal)) || structure;
        rows.push(row);
      }
      if (structure) this._relink(rows);
      return { rows: Int32Array.from(rows), structure };
    }

    // The first answer fixes the base; a later one may count from an earlier moment.
    _shift(baseNs) {
      const base = BigInt(baseNs);
      if (this.baseNs === null) {
        this.baseNs = base;
        this.baseMs = Number(base / 1000n) / 1000;
      }
      return Number(base - this.baseNs);
    }

    // ``2026-11-22T14:02:11.120345Z``: Date reads milliseconds only.
    _ms(iso) {
      const epoch = BigInt(Date.parse(`${iso.slice(0, 23)}Z`)) * 1000000n;
      const whole = epoch + BigInt(iso.slice(23, 26) || 0) * 1000n;
      return this._shift(whole) / 1e6;
    }

    // Messages tell microseconds, skeletons nanoseconds: the same moment stays as it is known.
    _near(known, iso) {
      if (!iso) return NaN;
      const told = this._ms(iso);
      return known >= told && known < told + 0.001 ? known : told;
    }
  }

  Columns.NAMES = [
    "id", "parent", "start", "end", "name", "type", "rawType", "status", "running", "ghost",
    "model", "agent", ...PLAIN.map(([name]) => name), "costSource", "ttft", "events", "violations",
    "flagged", "internal", "rowSeq",
  ];
  /** How many spans one page shows. */
  Columns.MOST = 100000;
  Columns.REAL = REAL;
  Columns.MISSING = MISSING;
  Columns.REMOTE = REMOTE;
  at.trace ??= {};
  at.trace.Columns = Columns;
})();
