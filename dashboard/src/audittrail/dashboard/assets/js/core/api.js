/** The REST API, at this page's own origin. The browser's cookie says who asks. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  // Where the dashboard adds the credential of this browser.
  const OWN = "/web/v1";

  /** What went wrong, in words for a person. ``status`` is 0 if nothing answered. */
  class ApiError extends Error {
    constructor(status, message, detail, request) {
      super(message);
      this.name = "ApiError";
      this.status = status;
      this.detail = detail;
      this.request = request;
    }
  }

  function words(detail, status) {
    if (typeof detail === "string") return detail;
    if (Array.isArray(detail)) return detail.map((each) => each.msg || String(each)).join("; ");
    if (detail && typeof detail.message === "string") return detail.message;
    return `The server answered ${status}.`;
  }

  function address(path, params, base = "/api/v1") {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(params || {})) {
      if (value === null || value === undefined || value === "") continue;
      for (const each of [value].flat()) query.append(name, each);
    }
    const text = query.toString();
    return `${base}${path}${text ? `?${text}` : ""}`;
  }

  async function ask(method, path, params, body, signal) {
    let response;
    try {
      response = await fetch(address(path, params, OWN), {
        method,
        signal,
        headers: body === undefined ? {} : { "content-type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
        credentials: "same-origin",
      });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new ApiError(0, "The server cannot be reached.", null, null);
    }
    const request = response.headers.get("x-request-id");
    if (response.ok) return response;
    let detail = null;
    try {
      detail = (await response.json()).detail;
    } catch {
      // An answer that is not ours, such as a proxy's page: its status must do.
    }
    if (response.status === 401) at.session.ended();
    throw new ApiError(response.status, words(detail, response.status), detail, request);
  }

  at.ApiError = ApiError;
  at.api = {
    /** ``{data, next_cursor, ...}`` of a path below /api/v1. Throws ApiError. */
    async get(path, params, { signal } = {}) {
      return (await ask("GET", path, params, undefined, signal)).json();
    },
    /** The answer of a change. */
    async send(method, path, body, params) {
      return (await ask(method, path, params, body)).json();
    },
    /** Its bytes, as they are. */
    async blob(path, params) {
      return (await ask("GET", path, params)).blob();
    },
    /** For programs, which bring a key: to show and to copy. */
    address,
    /** For links that this browser itself follows, such as downloads. */
    ownAddress: (path, params) => address(path, params, OWN),
  };
})();
