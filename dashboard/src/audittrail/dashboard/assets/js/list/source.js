/** The traces of a list: pages from the API, and what the live socket says of them. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const PAGE = 200;
  const MOST = 5000;
  const PREVIEWS = 100;
  const CHECK_MS = 1000;

  /**
   * ``rows`` are traces by a number of their own, ``order`` those numbers as the list shows them,
   * ``waiting`` how many new ones the reader has not asked to see.
   * Events: changed, state, fault (ApiError of a filter or of the server).
   */
  function createSource(query) {
    const events = at.emitter();
    const rows = [];
    const byId = new Map();
    let order = [];
    let cursor = null;
    let asking = null; // AbortController
    let waitingIds = new Set();
    let checkTimer = 0;
    const source = {
      rows,
      state: "loading", // loading, ready, failed
      error: null,
      complete: false,
      /** True while new traces may slide in at the top. */
      atTop: () => true,
      on: events.on,
      get order() {
        return order;
      },
      get waiting() {
        return waitingIds.size;
      },
      get full() {
        return order.length >= MOST && !source.complete;
      },
      load,
      more,
      showWaiting: () => load({ quiet: true }),
      /** True if every trace of the owner is in this list, so that none means none at all. */
      everything: () => !query().q && !query().since && !query().until,
      find: (id) => (byId.has(id) ? byId.get(id) : -1),
    };

    function put(trace) {
      let row = byId.get(trace.trace_id);
      if (row === undefined) {
        row = rows.length;
        byId.set(trace.trace_id, row);
        rows.push(trace);
      } else if (trace.seq >= rows[row].seq) {
        rows[row] = { ...trace, preview: rows[row].preview };
      }
      return row;
    }

    async function ask(params) {
      asking?.abort();
      const mine = new AbortController();
      asking = mine;
      const { since, until, ...rest } = query();
      const times = { since, until };
      const answer = await at.api.get(
        "/traces",
        { ...rest, ...times, limit: PAGE, ...params },
        { signal: mine.signal },
      );
      if (asking === mine) asking = null;
      return answer;
    }

    /** From the top. ``quiet`` keeps what is shown until the answer is here. */
    async function load({ quiet = false } = {}) {
      if (!quiet) setState("loading");
      try {
        const answer = await ask({});
        waitingIds = new Set();
        order = answer.data.map(put);
        cursor = answer.next_cursor;
        source.complete = !cursor;
        setState("ready");
        events.emit("changed", { from: "load" });
        preview(order);
      } catch (error) {
        failed(error);
      }
    }

    async function more() {
      if (asking || !cursor || order.length >= MOST || source.state !== "ready") return;
      try {
        const answer = await ask({ cursor });
        const added = answer.data.map(put);
        const had = new Set(order);
        order = [...order, ...added.filter((row) => !had.has(row))];
        cursor = answer.next_cursor;
        source.complete = !cursor;
        events.emit("changed", { from: "more" });
        preview(added);
      } catch (error) {
        failed(error);
      }
    }

    function failed(error) {
      if (error.name === "AbortError") return;
      asking = null;
      source.error = error;
      if (error.status === 422) {
        // The list stays as it was.
        if (source.state === "loading") setState(order.length ? "ready" : "failed");
        events.emit("fault", error);
        return;
      }
      setState("failed");
    }

    function setState(state) {
      source.state = state;
      if (state !== "failed") source.error = null;
      events.emit("state");
    }

    async function preview(wanted) {
      const without = wanted.filter((row) => rows[row].preview === undefined);
      for (let low = 0; low < without.length; low += PREVIEWS) {
        const part = without.slice(low, low + PREVIEWS);
        for (const row of part) rows[row].preview = null;
        const ids = part.map((row) => rows[row].trace_id).join(",");
        try {
          const { data } = await at.api.get("/traces/previews", { ids });
          for (const row of part) rows[row].preview = data[rows[row].trace_id] ?? null;
          events.emit("changed", { from: "preview" });
        } catch {
          return; // The list is as good without; the next page asks again.
        }
      }
    }

    // Live

    function onMessage(message) {
      if (source.state !== "ready") return;
      const { trace } = message;
      if (message.type === "deleted") {
        const row = byId.get(message.trace_id || trace?.trace_id);
        order = order.filter((each) => each !== row);
        events.emit("changed", { from: "live" });
        return;
      }
      const known = byId.get(trace.trace_id);
      if (known !== undefined && order.includes(known)) {
        const asked = rows[known].preview;
        put(trace);
        if (!asked && trace.status !== "running") rows[known].preview = undefined;
        if (rows[known].preview === undefined) preview([known]);
        events.emit("changed", { from: "live" });
        return;
      }
      if (!waitingIds.has(trace.trace_id)) check();
    }

    // Whether a trace belongs here, and where, the server knows.
    function check() {
      if (checkTimer) return;
      checkTimer = setTimeout(async () => {
        checkTimer = 0;
        try {
          const { data } = await at.api.get("/traces", { ...query(), limit: 50 });
          arrived(data);
        } catch {
          // The next message asks again.
        }
      }, first() ? 0 : CHECK_MS);
    }

    const first = () => !order.length;

    function arrived(data) {
      const shown = new Set(order);
      const fresh = [];
      for (const trace of data) {
        const row = put(trace);
        if (!shown.has(row)) fresh.push(row);
      }
      if (!fresh.length) {
        events.emit("changed", { from: "live" });
        return;
      }
      const byTime = !query().sort || query().sort === "start_time";
      if (source.atTop() && byTime && query().order !== "asc") {
        const found = data.map((trace) => byId.get(trace.trace_id));
        const below = new Set(found);
        order = [...found, ...order.filter((row) => !below.has(row))].slice(0, MOST);
        waitingIds = new Set();
        events.emit("changed", { from: "arrived", fresh });
        preview(fresh);
      } else {
        for (const row of fresh) waitingIds.add(rows[row].trace_id);
        events.emit("state");
      }
    }

    const live = at.live.open({
      traceId: null,
      ready() {
        if (source.state === "ready") check();
      },
      message: onMessage,
    });
    source.close = () => {
      live.close();
      asking?.abort();
      clearTimeout(checkTimer);
    };
    return source;
  }

  at.list ??= {};
  at.list.createSource = createSource;
})();
