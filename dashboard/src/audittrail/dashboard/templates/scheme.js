// The scheme that was chosen in the app, before anything is painted; else the system's.
(function () {
  "use strict";
  const chosen = localStorage.getItem("audittrail.theme");
  if (chosen === "light" || chosen === "dark") {
    document.documentElement.dataset.mantineColorScheme = chosen;
  }
})();
