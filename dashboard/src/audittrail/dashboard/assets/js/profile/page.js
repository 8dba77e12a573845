/** The account and its API keys. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;

  /** The secret, once: it leaves the page with the box. */
  function secretBox(key, done) {
    const box = el(
      "div",
      { class: "at-secret", role: "status" },
      el("strong", { text: "Copy this key now. It is shown only once." }),
      el("code", { text: key.secret }),
      at.copyButton(() => key.secret, "Key", "Copy"),
      at.button({
        label: "Done, I stored it",
        run() {
          key.secret = "";
          box.remove();
          done();
        },
      }),
    );
    return box;
  }

  function about({ email, local, demo }) {
    if (demo) {
      return [
        "You are looking at the demonstration: sample traces that nobody can change. An account " +
          "of your own has API keys.",
        at.link("/register", { class: "at-button at-button-primary" }, "Create account"),
      ];
    }
    if (local) {
      return [
        "This server runs in local mode, for you alone on this machine: it takes traces without " +
          "a key and asks nobody to sign in.",
      ];
    }
    return [el("span", { class: "at-profile-mail", text: email || "" })];
  }

  function build(root, known) {
    const { demo } = known;
    const make = at.button({ label: "Create key", icon: "plus", kind: "primary", run: create });
    const secret = el("div", {});
    const list = el("div", { class: "at-profile-keys", aria: { busy: "true" } });
    const [words, link] = about(known);
    at.clear(
      root,
      el("h1", { text: "Profile" }),
      el(
        "section",
        { class: "at-block", aria: { labelledby: "at-account" } },
        el("h2", { id: "at-account", text: "Account" }),
        el("p", {}, words),
        link || null,
      ),
      demo
        ? null
        : el(
            "section",
            { class: "at-block", aria: { labelledby: "at-keys" } },
            el("header", {}, el("h2", { id: "at-keys", text: "API keys" }), make),
            secret,
            list,
          ),
    );

    function create() {
      at.keyList.create((key) => {
        secret.replaceChildren(secretBox(key, () => make.focus()));
        // The dialog gives the focus back first.
        requestAnimationFrame(() => secret.querySelector("button").focus());
        load();
      });
    }

    async function load() {
      list.setAttribute("aria-busy", "true");
      try {
        const { data } = await at.api.get("/api-keys");
        make.hidden = !data.length;
        at.clear(
          list,
          data.length
            ? at.keyList.table(data, load)
            : el(
                "div",
                { class: "at-profile-empty" },
                el("p", { text: "No API keys. Agents need one to send traces." }),
                at.button({ label: "Create key", kind: "primary", run: create }),
              ),
        );
      } catch (error) {
        at.clear(list, at.failure(error, load));
      }
      list.setAttribute("aria-busy", "false");
    }

    if (!demo) load();
  }

  function mount(root) {
    document.title = "Profile - AuditTrail";
    let here = true;
    function open() {
      at.shell.known().then(
        (known) => here && build(root, known),
        (error) => here && at.clear(root, at.failure(error, open)),
      );
    }
    open();
    return () => {
      here = false;
      at.clear(root);
    };
  }

  at.pages.define("profile", { mount });
})();
