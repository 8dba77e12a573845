/** Buttons, menus, dialogs, hover cards, toasts. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const ANNOUNCE_MS = 5000;
  let announcedAt = -ANNOUNCE_MS;
  let announceTimer = 0;

  /**
   * @param {{label?: string, icon?: string, kind?: "plain"|"primary"|"danger"|"quiet",
   *   title?: string, keys?: string, pressed?: boolean, run: function(Event)}} how
   *   An icon without a label needs a title. ``keys`` are shown in the tooltip.
   */
  at.button = (how) => {
    const title = [how.title || (how.icon && how.label ? "" : ""), how.keys && `(${how.keys})`]
      .filter(Boolean)
      .join(" ");
    return at.el(
      "button",
      {
        type: "button",
        class: `at-button at-button-${how.kind || "plain"}${how.label ? "" : " at-button-icon"}`,
        title: title || null,
        aria: { label: how.label ? null : how.title, pressed: how.pressed },
        on: { click: how.run },
      },
      how.icon ? at.icon(how.icon) : null,
      how.label ? at.el("span", { text: how.label }) : null,
    );
  };

  async function toClipboard(text) {
    if (navigator.clipboard) {
      try {
        await navigator.clipboard.writeText(text);
        return true;
      } catch {
        // Not permitted, or not a secure origin: the old way below still works.
      }
    }
    const area = at.el("textarea", { class: "at-hidden", value: text });
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }

  /** Copy text; says so. ``what`` names it: "Link". */
  at.copy = async (text, what) => {
    const done = await toClipboard(text);
    at.toast(done ? `${what} copied.` : "The browser did not allow copying.", {
      kind: done ? "ok" : "error",
    });
    return done;
  };

  /** A small button that copies what ``text()`` gives then. */
  at.copyButton = (text, what, label) =>
    at.button({
      icon: "copy",
      label,
      kind: "quiet",
      title: `Copy ${what.charAt(0).toLowerCase()}${what.slice(1)}`,
      run: (event) => {
        event.stopPropagation();
        at.copy(String(text()), what);
      },
    });

  /**
   * Words and buttons for something that the server did not answer.
   * @param {ApiError} error
   * @param {function()} retry
   */
  at.failure = (error, retry) => {
    const { status = 0, message = "", request = null } = error;
    const told = request ? `${status}, request ${request}` : String(status);
    const text = `The server could not answer (${told}). Your data is safe.`;
    return at.el(
      "div",
      { class: "at-failure", role: "alert" },
      at.el("p", { text }),
      at.button({ label: "Retry", kind: "primary", run: retry }),
      at.copyButton(() => `${text} ${message} ${location.href}`, "Details", "Copy details"),
    );
  };

  function place(id, props) {
    let found = document.getElementById(id);
    if (!found) {
      found = at.el("div", { id, ...props });
      document.body.append(found);
    }
    return found;
  }

  /** Say something to screen readers, at most once in five seconds; the last one wins. */
  at.announce = (text) => {
    clearTimeout(announceTimer);
    const wait = Math.max(0, announcedAt + ANNOUNCE_MS - performance.now());
    announceTimer = setTimeout(() => {
      announcedAt = performance.now();
      const area = place("at-announce", { class: "at-hidden", role: "status", "aria-live": "polite" });
      area.textContent = text;
    }, wait);
  };

  /**
   * @param {string} text
   * @param {{kind?: "info"|"ok"|"error", ms?: number,
   *   actions?: {label: string, run: function()}[]}} [how]
   */
  at.toast = (text, how = {}) => {
    const area = place("at-toasts", { role: "status", "aria-live": "polite" });
    const close = () => note.remove();
    const note = at.el(
      "div",
      { class: `at-toast at-toast-${how.kind || "info"}` },
      at.el("span", { text }),
      (how.actions || []).map((action) =>
        at.button({ label: action.label, run: () => (close(), action.run()) }),
      ),
      at.button({ icon: "close", kind: "quiet", title: "Close", run: close }),
    );
    area.append(note);
    setTimeout(close, how.ms || (how.kind === "error" ? 10000 : 4000));
    return { close };
  };

  /**
   * A modal dialog; focus returns to where it was.
   * @param {{title: string, body: (Node|string)[], kind?: string,
   *   actions?: {label: string, kind?: string, run: function(): (false|void)}[],
   *   closed?: function()}} how An action that returns false leaves it open.
   */
  at.dialog = (how) => {
    const before = document.activeElement;
    const title = at.el("h2", { id: "at-dialog-title", tabindex: "-1", text: how.title });
    const box = at.el(
      "dialog",
      { class: `at-dialog ${how.kind || ""}`, aria: { labelledby: "at-dialog-title" } },
      at.el(
        "header",
        {},
        title,
        at.button({ icon: "close", kind: "quiet", title: "Close", keys: "Esc", run: close }),
      ),
      at.el("div", { class: "at-dialog-body" }, how.body),
      how.actions
        ? at.el(
            "footer",
            {},
            how.actions.map((action) =>
              at.button({ ...action, run: async () => (await action.run()) === false || close() }),
            ),
          )
        : null,
    );
    function close() {
      if (box.open) box.close();
    }
    box.addEventListener("click", (event) => event.target === box && close());
    box.addEventListener("close", () => {
      box.remove();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      if (how.closed) how.closed();
    });
    document.body.append(box);
    box.showModal();
    title.focus();
    return { close, box };
  };

  function beside(target, card) {
    const at_ = target.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = card;
    const left = Math.max(8, Math.min(at_.left, innerWidth - width - 8));
    const below = at_.bottom + 4;
    const top = below + height > innerHeight - 8 ? Math.max(8, at_.top - height - 4) : below;
    card.style.setProperty("left", `${left}px`);
    card.style.setProperty("top", `${top}px`);
  }

  /**
   * A list of actions under a button.
   * @param {HTMLElement} button
   * @param {function(): {label: string, icon?: string, checked?: boolean, href?: string,
   *   run?: function()}[]} items asked for at each opening
   */
  at.menu = (button, items) => {
    button.setAttribute("aria-haspopup", "menu");
    button.setAttribute("aria-expanded", "false");
    let list = null;

    function close(refocus) {
      if (!list) return;
      list.remove();
      list = null;
      button.setAttribute("aria-expanded", "false");
      document.removeEventListener("pointerdown", outside, true);
      if (refocus) button.focus();
    }
    function outside(event) {
      if (list && !list.contains(event.target) && !button.contains(event.target)) close(false);
    }
    function move(step) {
      const all = [...list.querySelectorAll("[role^=menuitem]")];
      const here = all.indexOf(document.activeElement);
      all[(here + step + all.length) % all.length].focus();
    }
    function onKey(event) {
      if (event.key === "Escape" || event.key === "Tab") close(event.key === "Escape");
      else if (event.key === "ArrowDown") move(1);
      else if (event.key === "ArrowUp") move(-1);
      else return;
      event.stopPropagation();
      if (event.key !== "Tab") event.preventDefault();
    }
    function open() {
      const entries = items().map((item) =>
        at.el(
          item.href ? "a" : "button",
          {
            class: "at-menu-item",
            type: item.href ? null : "button",
            href: item.href,
            role: item.checked === undefined ? "menuitem" : "menuitemcheckbox",
            aria: { checked: item.checked },
            tabindex: "-1",
            on: {
              click: () => {
                close(true);
                if (item.run) item.run();
              },
            },
          },
          item.icon ? at.icon(item.icon) : null,
          item.label,
        ),
      );
      list = at.el("div", { class: "at-menu", role: "menu", on: { keydown: onKey } }, entries);
      document.body.append(list);
      beside(button, list);
      button.setAttribute("aria-expanded", "true");
      document.addEventListener("pointerdown", outside, true);
      if (entries[0]) entries[0].focus();
    }
    button.addEventListener("click", () => (list ? close(true) : open()));
    return { close };
  };

  /** A card beside ``target`` while it is pointed at or has the focus. */
  at.hoverCard = (target, content) => {
    let card = null;
    let timer = 0;
    const hide = () => {
      clearTimeout(timer);
      if (card) card.remove();
      card = null;
    };
    const show = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (card || !target.isConnected) return;
        const inner = content();
        if (!inner) return;
        card = at.el("div", { class: "at-card at-hover-card", role: "tooltip" }, inner);
        document.body.append(card);
        beside(target, card);
      }, 150);
    };
    target.addEventListener("pointerenter", show);
    target.addEventListener("pointerleave", hide);
    target.addEventListener("focusin", show);
    target.addEventListener("focusout", hide);
    target.addEventListener("keydown", (event) => event.key === "Escape" && hide());
    return { hide };
  };
  at.beside = beside;
})();
