/** The frame: header, navigation, who is signed in, switches, the palette. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const PAGES = [
    { path: "/traces", label: "Traces", key: "t", icon: "traces" },
    { path: "/sessions", label: "Sessions", key: "s", icon: "sessions" },
    { path: "/violations", label: "Violations", key: "v", icon: "violation" },
    { path: "/settings", label: "Settings", key: "e", icon: "settings" },
    { path: "/profile", label: "Profile", key: "p", icon: "user" },
  ];
  const THEMES = [
    ["auto", "As the system"],
    ["light", "Light"],
    ["dark", "Dark"],
  ];
  const THEME_ICONS = { auto: "auto", light: "sun", dark: "moon" };
  let built = false;
  let who = { email: null, local: true, demo: false };

  /** A link to a page of this app that does not load it anew. */
  at.link = (path, props, ...children) =>
    at.el(
      "a",
      {
        ...props,
        href: path,
        on: {
          ...(props && props.on),
          click(event) {
            if (props && props.on && props.on.click) props.on.click(event);
            if (event.defaultPrevented || event.button) return;
            if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
            event.preventDefault();
            at.go(path);
          },
        },
      },
      ...children,
    );

  function navigation(close) {
    const here = `/${location.pathname.split("/")[1]}`;
    const pages = who.demo ? PAGES.slice(0, 3) : PAGES;
    return pages.map((page) =>
      at.link(
        page.path,
        {
          title: `${page.label} (g ${page.key})`,
          aria: { current: page.path === here ? "page" : null },
          on: { click: close },
        },
        at.icon(page.icon),
        at.el("span", { text: page.label }),
      ),
    );
  }

  function themeButton() {
    const button = at.button({
      icon: THEME_ICONS[at.theme.choice],
      kind: "quiet",
      title: "Light or dark",
      run() {},
    });
    at.menu(button, () =>
      THEMES.map(([choice, label]) => ({
        label,
        checked: at.theme.choice === choice,
        run() {
          at.theme.set(choice);
          at.clear(button, at.icon(THEME_ICONS[choice]));
        },
      })),
    );
    return button;
  }

  function zoneButton() {
    const label = () => (at.clock.utc ? "UTC" : "Local");
    const button = at.button({
      label: label(),
      kind: "quiet",
      title: "Times in local time or in UTC",
      run() {
        at.clock.set(!at.clock.utc);
        button.querySelector("span").textContent = label();
      },
    });
    button.id = "at-zone";
    return button;
  }

  function userButton() {
    const name = who.demo ? "Demo" : who.local ? "Local" : who.email || "Account";
    const button = at.button({ icon: "user", label: name.split("@")[0], kind: "quiet", run() {} });
    button.classList.add("at-user");
    button.setAttribute("aria-label", `Account: ${name}`);
    at.menu(button, () => [
      ...(who.demo
        ? [
            { label: "Create account", href: "/register" },
            { label: "Leave the demo", href: "/demo/leave" },
          ]
        : [{ label: "Profile and API keys", run: () => at.go("/profile") }]),
      { label: "Keyboard shortcuts", run: () => at.keys.help() },
      ...(who.local || who.demo ? [] : [{ label: "Sign out", href: "/logout" }]),
    ]);
    return button;
  }

  function burger() {
    const button = at.button({ icon: "menu", kind: "quiet", title: "Menu", run() {} });
    button.classList.add("at-burger");
    at.menu(button, () =>
      PAGES.slice(0, who.demo ? 3 : 5).map((page) => ({
        label: page.label,
        icon: page.icon,
        run: () => at.go(page.path),
      })),
    );
    return button;
  }

  function header() {
    return [
      burger(),
      at.link(
        "/traces",
        { class: "at-brand", aria: { label: "AuditTrail" } },
        at.el("img", { src: "/icon.svg", alt: "", width: "22", height: "22" }),
        at.el("span", { text: "AuditTrail" }),
      ),
      at.el("nav", { id: "at-crumbs", class: "at-crumbs", aria: { label: "Breadcrumb" } }),
      at.el("span", { class: "at-header-fill" }),
      at.button({
        icon: "search",
        label: "Search or jump to...",
        keys: "Ctrl+K",
        kind: "plain",
        run: () => palette(),
      }),
      at.el("span", {
        id: "at-connection",
        class: "at-connection",
        role: "status",
        data: { state: at.connection.state },
      }),
      zoneButton(),
      themeButton(),
      userButton(),
    ];
  }

  function demoBanner() {
    const place = document.getElementById("at-demo");
    if (!place) return;
    if (!who.demo) {
      at.clear(place);
      return;
    }
    at.clear(
      place,
      at.el(
        "div",
        { class: "at-banner" },
        "Demo data, read only.",
        at.el("a", { href: "/register", text: "Create account" }),
      ),
    );
  }

  function fill() {
    const [top, side] = [document.getElementById("at-header"), document.getElementById("at-nav")];
    if (!top || !side) return;
    at.clear(top, header());
    at.clear(side, navigation());
    demoBanner();
    at.connection.set(at.connection.state);
    at.crumbs(crumbs);
  }

  /** Called whenever a page is shown. */
  function pageShown() {
    const side = document.getElementById("at-nav");
    if (!side) return;
    if (!built) {
      built = true;
      fill();
    } else at.clear(side, navigation());
    at.shell.known().catch(() => {
      // The page itself says that the server cannot be reached; the next one asks again.
    });
    at.crumbs([]);
  }

  async function ask() {
    const answer = await fetch("/session").catch(() => null);
    const told = answer && (await answer.json().catch(() => ({})));
    if (!answer || !answer.ok) {
      if (answer && answer.status === 401) at.session.ended();
      asking = null;
      throw new at.ApiError(answer ? answer.status : 0, (told && told.detail) || "", null, null);
    }
    who = told;
    at.shell.who = who;
    fill();
    return who;
  }

  /** Where one is, beside the name of the product: ``[[label, path|null], ...]``. */
  let crumbs = [];
  at.crumbs = (steps) => {
    crumbs = steps;
    const place = document.getElementById("at-crumbs");
    if (!place) return;
    at.clear(
      place,
      steps.map(([label, path]) =>
        path ? at.link(path, { text: label }) : at.el("span", { text: label }),
      ),
    );
  };

  let asking = null;
  at.shell = {
    pageShown,
    /** ``{email, local, demo}`` once it is known. Throws ApiError; the next call asks again. */
    known: () => (asking ??= ask()),
    who,
  };

  const TRACE_ID = /^[0-9a-f]{32}$|^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
  const actions = [];
  /** An entry of the palette: ``{label, run, when?}``; returns how to take it away. */
  at.paletteAction = (action) => {
    actions.push(action);
    return () => actions.splice(actions.indexOf(action), 1);
  };

  function palette() {
    const input = at.el("input", {
      class: "at-input at-palette-input",
      type: "text",
      placeholder: "A page, a trace id, words to search for",
      role: "combobox",
      aria: { label: "Search or jump to", controls: "at-palette-list", expanded: "true" },
    });
    const list = at.el("div", { id: "at-palette-list", role: "listbox", class: "at-palette" });
    let entries = [];
    let here = 0;

    function found(text) {
      const wanted = text.trim().toLowerCase();
      const pages = PAGES.map((page) => ({ label: page.label, run: () => at.go(page.path) }));
      const more = actions.filter((action) => !action.when || action.when());
      const shown = [...pages, ...more].filter((e) => e.label.toLowerCase().includes(wanted));
      if (TRACE_ID.test(wanted)) {
        shown.unshift({ label: `Open trace ${wanted}`, run: () => at.go(`/traces/${wanted}`) });
      } else if (wanted) {
        const query = encodeURIComponent(text.trim());
        shown.push({
          label: `Search traces for ${text.trim()}`,
          run: () => at.go(`/traces?q=${query}`),
        });
      }
      return shown;
    }
    function show() {
      entries = found(input.value);
      here = Math.max(0, Math.min(here, entries.length - 1));
      at.clear(
        list,
        entries.map((entry, place) =>
          at.el("div", {
            id: `at-palette-${place}`,
            role: "option",
            class: "at-menu-item",
            text: entry.label,
            aria: { selected: place === here },
            on: { click: () => choose(place) },
          }),
        ),
      );
      if (entries.length) input.setAttribute("aria-activedescendant", `at-palette-${here}`);
      else input.removeAttribute("aria-activedescendant");
    }
    function choose(place) {
      if (!entries[place]) return;
      box.close();
      entries[place].run();
    }
    input.addEventListener("input", () => {
      here = 0;
      show();
    });
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") here = Math.min(here + 1, entries.length - 1);
      else if (event.key === "ArrowUp") here = Math.max(here - 1, 0);
      else if (event.key === "Enter") return choose(here);
      else return undefined;
      event.preventDefault();
      return show();
    });
    const box = at.dialog({ title: "Search or jump to", body: [input, list] });
    show();
    input.focus();
  }

  at.keys.add({ keys: "Ctrl+k", label: "Search, or jump to a page or a trace", run: palette });
  for (const page of PAGES) {
    at.keys.add({ keys: `g ${page.key}`, label: page.label, run: () => at.go(page.path) });
  }
})();
