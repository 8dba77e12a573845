/** Pages: what Dash rendered as a skeleton is brought to life, and taken down when it goes. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const defined = new Map();
  let current = null;

  function unmount() {
    if (current && current.unmount) {
      try {
        current.unmount();
      } catch (error) {
        reportError(error);
      }
    }
    current = null;
  }

  /** Called when the page's element is in the document. */
  function mount() {
    at.shell.pageShown();
    const root = document.querySelector("[data-page]");
    if (current && current.root === root) return;
    unmount();
    if (!root) return;
    const page = defined.get(root.dataset.page);
    if (!page) return;
    const query = new URLSearchParams(location.search);
    const kept = { root, unmount: null };
    current = kept;
    kept.unmount = page.mount(root, { path: location.pathname, query, data: root.dataset }) || null;
  }

  at.pages = {
    /** ``{mount(root, {path, query, data}) -> unmount()}`` for layouts with ``data-page=name``. */
    define(name, page) {
      defined.set(name, page);
    },
    mount,
    /** Build the page in front anew. */
    reload() {
      const root = current?.root;
      unmount();
      if (root) root.replaceChildren();
      mount();
    },
  };

  // Dash calls this when a page's children have changed; React puts them in a moment later.
  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    audittrail: {
      mount() {
        requestAnimationFrame(mount);
        return window.dash_clientside.no_update;
      },
    },
  });
})();
