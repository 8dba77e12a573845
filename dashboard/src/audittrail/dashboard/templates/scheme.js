// The scheme that was chosen in the app, else the system's, before anything is painted.
(function () {
  "use strict";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const chosen = localStorage.getItem("audittrail.theme");
    document.documentElement.dataset.colorScheme =
      chosen === "light" || chosen === "dark" ? chosen : dark.matches ? "dark" : "light";
  };
  dark.addEventListener("change", apply);
  apply();
})();
