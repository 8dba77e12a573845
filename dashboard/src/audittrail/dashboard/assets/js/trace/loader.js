/** Loading a trace, and keeping it up to date while its agent runs. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const QUIET_MS = 1000;
  const BUSY_MS = 5000; // where it is never quiet
  const MERGE_MS = 100;
  // Putting in a message may take a fifth of the time at most, however large the trace.
  const MERGE_TIMES = 5;
  const AT_ONCE = 20000;
  const RETRY_MS = 2000;
  const TICK_MS = 1000;

  /**
   * Fill a store and follow its trace.
   * @returns {{reload: function(), close: function()}}
   */
  function follow(store) {
    const path = `/traces/${encodeURIComponent(store.traceId)}/skeleton`;
    let closed = false;
    let loading = false;
    let again = false;
    let waiting = [];
    let mergeTimer = 0;
    let quietTimer = 0;
    let loadedAt = 0;
    let connections = 0;
    let toldOf = 1; // the connection up to which the reader knows what was caught up
    let isLive = false;
    let status = null;
    let judged = false; // violations changed, which only a load tells

    async function load() {
      clearTimeout(quietTimer);
      if (loading || closed) {
        again = loading;
        return;
      }
      loading = true;
      const had = store.state === "ready";
      const connection = connections;
      try {
        const params = had
          ? { after_seq: store.columns.seq }
          : { limit: at.trace.Columns.MOST };
        const { data } = await at.api.get(path, params);
        if (closed) return;
        await put(data, had);
        if (closed) return;
        if (!had) becomeReady();
        else if (connection > toldOf) at.connection.caughtUp(data.columns.span_id.length);
        toldOf = Math.max(toldOf, connection);
        loadedAt = performance.now();
      } catch (error) {
        if (closed) return;
        if (!had) store.setState(error.status === 404 ? "missing" : "failed", error);
        else if (error.status === 404) store.setState("missing", error);
        else if (isLive) quietTimer = setTimeout(load, RETRY_MS);
      } finally {
        loading = false;
        if (again && !closed) {
          again = false;
          load();
        }
      }
    }

    // Large answers go in bit by bit, so that the page still answers to its reader.
    async function put(data, had) {
      const many = data.columns.span_id.length;
      const all = data.trace.span_count;
      for (let low = 0; low + AT_ONCE < many; low += AT_ONCE) {
        store.putSkeleton(data, low, low + AT_ONCE);
        if (!had) store.setProgress(low + AT_ONCE, all);
        await new Promise((resolve) => setTimeout(resolve));
        if (closed) return;
      }
      const rest = Math.max(0, Math.ceil(many / AT_ONCE) - 1) * AT_ONCE;
      store.putSkeleton(data, rest, many);
    }

    function becomeReady() {
      store.readUrl();
      store.setState("ready");
      if (store.live) store.setFollowing(true);
      putWaiting();
    }

    // Live messages tell what changes while a span runs; the rest comes when it is quiet.
    function schedule() {
      clearTimeout(quietTimer);
      if (judged) {
        judged = false;
        load();
        return;
      }
      const late = performance.now() - loadedAt > BUSY_MS;
      quietTimer = setTimeout(load, late ? 0 : QUIET_MS);
    }

    function putWaiting() {
      if (closed || store.state !== "ready" || !waiting.length) return;
      const messages = waiting;
      waiting = [];
      const spans = new Map();
      for (const message of messages) {
        for (const span of message.spans || []) spans.set(span.span_id, span);
      }
      judged = judged || messages.some((message) => message.judged);
      const last = messages[messages.length - 1];
      const began = performance.now();
      store.putMessage({ ...last, spans: [...spans.values()] });
      const took = performance.now() - began;
      // The first is shown at once; those that follow soon come together.
      clearTimeout(mergeTimer);
      mergeTimer = setTimeout(
        () => {
          mergeTimer = 0;
          putWaiting();
        },
        Math.max(MERGE_MS, took * MERGE_TIMES),
      );
      schedule();
    }

    function onMessage(message) {
      if (message.type === "deleted") {
        waiting = [];
        store.setState("missing");
        return;
      }
      if (store.state === "missing") {
        // Its first spans have come, perhaps after it was deleted.
        if (!store.count) load();
        return;
      }
      waiting.push(message);
      if (!mergeTimer) putWaiting();
    }

    function tick() {
      if (store.state !== "ready") return;
      if (store.live) store.tick();
      if (status !== store.standing) {
        status = store.standing;
        store.setSummary(store.summary);
      }
    }

    load();
    const ticking = setInterval(tick, TICK_MS);
    const live = at.live.open({
      traceId: store.traceId,
      ready() {
        connections += 1;
        // Also at first: the answer under way may be older than the connection.
        if (store.state !== "failed" || connections > 1) load();
      },
      message: onMessage,
      ablation: store.tellAblation,
      state(next) {
        isLive = next === "live";
      },
    });
    return {
      reload: load,
      close() {
        closed = true;
        clearTimeout(mergeTimer);
        clearTimeout(quietTimer);
        clearInterval(ticking);
        live.close();
      },
    };
  }

  at.trace ??= {};
  at.trace.follow = follow;
})();
