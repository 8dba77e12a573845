/** Prices, rules, alerts, retention, display. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});

  function mount(root) {
    document.title = "Settings - AuditTrail";
    let display = null;
    let here = true;

    function build({ demo }) {
      if (!here) return;
      display = at.settings.display();
      at.clear(
        root,
        at.el("h1", { text: "Settings" }),
        demo
          ? at.el("p", {
              class: "at-settings-note",
              text: "The demonstration's settings cannot be changed, except for the display.",
            })
          : null,
        at.settings.pricing(),
        at.settings.rules(demo),
        at.settings.webhooks(demo),
        at.settings.retention(demo),
        display.node,
      );
      const wanted = location.hash && document.getElementById(location.hash.slice(1));
      if (wanted) wanted.scrollIntoView();
    }
    function open() {
      at.shell
        .known()
        .then(build, (error) => here && at.clear(root, at.failure(error, open)));
    }
    open();
    return () => {
      here = false;
      if (display) display.close();
    };
  }

  at.pages.define("settings", { mount });
})();
