/** Light or dark, and the colours of assets/css/tokens.css for what is drawn on a canvas. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const KEY = "audittrail.theme";
  const events = at.emitter();
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let colors = new Map();

  const chosen = () => localStorage.getItem(KEY) || "auto";
  const scheme = () => (chosen() === "auto" ? (dark.matches ? "dark" : "light") : chosen());

  function apply() {
    document.documentElement.dataset.colorScheme = scheme();
    colors = new Map();
    events.emit("changed", scheme());
  }

  at.theme = {
    /** ``auto``, ``light`` or ``dark``. */
    get choice() {
      return chosen();
    },
    get scheme() {
      return scheme();
    },
    set(choice) {
      localStorage.setItem(KEY, choice);
      apply();
    },
    /** The value of ``--at-NAME``. */
    color(name) {
      if (!colors.has(name)) {
        const style = getComputedStyle(document.documentElement);
        colors.set(name, style.getPropertyValue(`--at-${name}`).trim());
      }
      return colors.get(name);
    },
    on: (run) => events.on("changed", run),
    reducedMotion: () => calm.matches,
  };

  dark.addEventListener("change", apply);
  document.documentElement.dataset.colorScheme = scheme();
})();
