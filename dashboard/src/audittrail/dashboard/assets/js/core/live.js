/** The live socket: what each commit changed, for one trace or for the trace list. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const FIRST_MS = 500;
  const LONGEST_MS = 15000;
  const SIGNED_OUT = 4401;

  function url(traceId) {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const query = traceId ? `?trace_id=${encodeURIComponent(traceId)}` : "";
    return `${scheme}//${location.host}/live${query}`;
  }

  /**
   * Stay connected until closed.
   * @param {{traceId: string|null, ready: function(number), message: function(object),
   *   ablation?: function(object), state?: function(string)}} how ``ready(seq)`` comes at each
   *   connection: what was committed up to ``seq`` must be loaded, the rest follows as messages.
   *   ``ablation`` tells how far a run is. States: connecting, live, lost, resting (hidden tab).
   * @returns {{close: function(), retry: function()}}
   */
  function open(how) {
    let socket = null;
    let timer = 0;
    let wait = FIRST_MS;
    let closed = false;
    let state = "";

    function tell(next, more) {
      if (state === next && next !== "lost") return;
      state = next;
      at.connection.set(state, more);
      if (how.state) how.state(state);
    }

    function connect() {
      clearTimeout(timer);
      if (closed || document.hidden) return;
      if (state !== "lost") tell("connecting");
      const mine = new WebSocket(url(how.traceId));
      socket = mine;
      mine.onmessage = (event) => {
        if (socket !== mine) return;
        const message = JSON.parse(event.data);
        if (message.type === "ready") {
          wait = FIRST_MS;
          tell("live");
          how.ready(message.seq);
        } else if (message.type === "commit" || message.type === "deleted") how.message(message);
        else if (message.type === "ablation" && how.ablation) how.ablation(message);
      };
      mine.onclose = (event) => {
        if (socket !== mine || closed) return;
        socket = null;
        if (event.code === SIGNED_OUT) {
          at.session.ended();
          return;
        }
        if (document.hidden) return;
        const pause = wait * (0.75 + Math.random() / 2);
        wait = Math.min(wait * 2, LONGEST_MS);
        tell("lost", { until: Date.now() + pause, retry: connect });
        timer = setTimeout(connect, pause);
      };
    }

    // One that is closed while it opens is told as failed in the browser's console.
    function end(mine) {
      if (mine.readyState === WebSocket.CONNECTING) mine.onopen = () => mine.close();
      else mine.close();
    }

    function rest() {
      const mine = socket;
      socket = null;
      if (mine) end(mine);
      clearTimeout(timer);
      tell("resting");
    }

    function onVisibility() {
      if (document.hidden) rest();
      else if (!socket) connect();
    }

    document.addEventListener("visibilitychange", onVisibility);
    if (document.hidden) tell("resting");
    else connect();
    return {
      retry: connect,
      close() {
        closed = true;
        clearTimeout(timer);
        document.removeEventListener("visibilitychange", onVisibility);
        if (socket) end(socket);
        socket = null;
        at.connection.set("off");
      },
    };
  }

  at.live = { open };
})();
