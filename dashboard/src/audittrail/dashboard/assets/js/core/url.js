/** What the address says beyond its path: which tab, which span, which filter. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const events = at.emitter();

  function read() {
    return new URLSearchParams(location.search);
  }

  // Space as %20, and the signs of the filter language as themselves: addresses are read by people.
  function written(params) {
    return [...params]
      .map(([name, value]) => {
        const encoded = encodeURIComponent(value).replace(/%3A/g, ":").replace(/%2C/g, ",");
        return `${name}=${encoded}`;
      })
      .join("&");
  }

  at.url = {
    get: (name) => read().get(name),

    /**
     * Change some of the query.
     * @param {Object<string, string|null>} values null takes a name away.
     * @param {{push?: boolean}} [how] push makes a step of the browser's history.
     */
    set(values, how = {}) {
      const params = read();
      for (const [name, value] of Object.entries(values)) {
        if (value === null || value === undefined || value === "") params.delete(name);
        else params.set(name, value);
      }
      const query = written(params);
      const address = location.pathname + (query ? `?${query}` : "") + location.hash;
      if (address === location.pathname + location.search + location.hash) return;
      history[how.push ? "pushState" : "replaceState"](history.state, "", address);
      events.emit("set", values);
    },

    /** ``run()`` after back or forward changed the query of this page. */
    on: (run) => events.on("popped", run),

    /** The whole address of this page with some of its query changed. */
    link(values) {
      const params = read();
      for (const [name, value] of Object.entries(values)) {
        if (value === null) params.delete(name);
        else params.set(name, value);
      }
      const query = written(params);
      return location.origin + location.pathname + (query ? `?${query}` : "");
    },
  };

  /** Another page of this app, without loading it anew. */
  at.go = (path) => {
    history.pushState(null, "", path);
    // What Dash's own links send.
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
  };

  window.addEventListener("popstate", () => events.emit("popped"));
})();
