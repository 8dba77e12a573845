// The scheme that was chosen in the app, else the system's, before anything is painted.
(function () {
  "use strict";
  const chosen = localStorage.getItem("audittrail.theme");
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  document.documentElement.dataset.mantineColorScheme =
    chosen === "light" || chosen === "dark" ? chosen : system;
})();
