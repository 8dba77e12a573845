/** The ablations of a trace, as the API tells them, and a run while it is under way. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  // How often a run is fetched: when messages come, and without them.
  const LEAST_MS = 700;
  const POLL_MS = 2000;
  const SILENT_MS = 10000;

  function createSource(store) {
    const path = `/traces/${encodeURIComponent(store.traceId)}/ablation`;
    const of = (id) => `${path}/${encodeURIComponent(id)}`;
    const data = async (answer) => (await answer).data;

    /**
     * Fetch a run, and again whenever it has changed, until it is over.
     * @param {{told: function(object), failed: function(ApiError)}} how
     * @returns {function()} stops it
     */
    function follow(id, { told, failed }) {
      let stopped = false;
      let over = false;
      let asking = false;
      let again = false;
      let last = -Infinity;
      let timer = 0;

      async function ask() {
        asking = true;
        last = performance.now();
        try {
          const run = await data(at.api.get(of(id)));
          if (stopped) return;
          over = at.ablation.words.isOver(run);
          told(run);
        } catch (error) {
          if (!stopped) failed(error);
        } finally {
          asking = false;
          if (again) soon();
        }
      }
      function soon() {
        again = asking;
        if (asking || timer || stopped) return;
        timer = setTimeout(() => {
          timer = 0;
          if (!stopped && !over) ask();
        }, Math.max(0, last + LEAST_MS - performance.now()));
      }
      const off = store.on("ablation", (message) => message.run === id && soon());
      const poll = setInterval(() => {
        if (over || document.hidden) return;
        const silent = performance.now() - last > SILENT_MS;
        if (at.connection.state !== "live" || silent) soon();
      }, POLL_MS);
      soon();
      return () => {
        stopped = true;
        clearTimeout(timer);
        clearInterval(poll);
        off();
      };
    }

    return {
      overview: () => data(at.api.get(path)),
      preview: (body) => data(at.api.send("POST", `${path}/preview`, body)),
      start: (body) => data(at.api.send("POST", path, body)),
      run: (id) => data(at.api.get(of(id))),
      cancel: (id) => data(at.api.send("POST", `${of(id)}/cancel`)),
      resume: (id) => data(at.api.send("POST", `${of(id)}/resume`)),
      remove: (id) => at.api.send("DELETE", of(id)),
      follow,
    };
  }

  at.ablation ??= {};
  at.ablation.createSource = createSource;
})();
