/** The views of a trace, as their files define them; the trace page builds them. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const defined = new Map();

  at.views = {
    /**
     * ``{build(root, store) -> {shown(), hidden(), destroy(), key?(name)}}``. ``shown`` is called
     * whenever its tab is opened, also the first time. ``key`` is asked first for the keys up,
     * down, left, right and enter; undefined leaves one to the page.
     */
    define(name, view) {
      defined.set(name, view);
    },
    has: (name) => defined.has(name),
    get: (name) => defined.get(name),
  };
})();
