/** API keys: the table, making one, deleting one. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;

  const SCOPES = [
    ["ingest", "Send", "Send traces. What an agent needs."],
    ["read", "Read", "Read your traces by the API. What a program that evaluates them needs."],
  ];
  const HEADS = ["Name", "Key", "May", "Created", "Last used", ""];

  function problem() {
    const node = el("p", { class: "at-problem", role: "alert", hidden: true });
    return {
      node,
      say(text) {
        node.textContent = text || "";
        node.hidden = !text;
      },
    };
  }

  /** The form in a dialog; ``made(key)`` gets the answer with its secret. */
  function create(made) {
    const told = problem();
    const name = el("input", {
      class: "at-input",
      id: "at-key-name",
      maxlength: "200",
      autocomplete: "off",
      placeholder: "weather agent",
    });
    const boxes = SCOPES.map(([scope, label, what]) => {
      const box = el("input", { type: "checkbox", name: "scope", value: scope, checked: true });
      const name = el("strong", { text: label });
      return [box, el("label", { class: "at-check-line" }, box, name, what)];
    });
    async function send() {
      const scopes = boxes.filter(([box]) => box.checked).map(([box]) => box.value);
      if (!name.value.trim()) {
        told.say("Give the key a name, such as the agent that will use it.");
        name.focus();
        return false;
      }
      if (!scopes.length) {
        told.say("Choose at least one thing that the key may do.");
        return false;
      }
      try {
        const answer = await at.api.send("POST", "/api-keys", { name: name.value.trim(), scopes });
        made(answer.data);
        return true;
      } catch (error) {
        told.say(error.message);
        return false;
      }
    }
    const { close } = at.dialog({
      title: "Create key",
      body: [
        el(
          "form",
          {
            class: "at-form",
            on: {
              submit: async (event) => {
                event.preventDefault();
                if (await send()) close();
              },
            },
          },
          el("label", { for: "at-key-name", text: "Name" }),
          name,
          el("fieldset", {}, el("legend", { text: "It may" }), boxes.map(([, label]) => label)),
          told.node,
        ),
      ],
      actions: [
        { label: "Cancel", run() {} },
        { label: "Create key", kind: "primary", run: send },
      ],
    });
    name.focus();
  }

  /** Ask for the key's name, then delete it. */
  function remove(key, gone) {
    const told = problem();
    const typed = el("input", { class: "at-input", id: "at-key-typed", autocomplete: "off" });
    at.dialog({
      title: `Delete "${key.name}"?`,
      body: [
        el("p", {
          text: "Whatever uses this key is refused from then on. This cannot be undone.",
        }),
        el(
          "div",
          { class: "at-form" },
          el("label", { for: "at-key-typed", text: `Type its name to confirm: ${key.name}` }),
          typed,
          told.node,
        ),
      ],
      actions: [
        { label: "Cancel", run() {} },
        {
          label: "Delete key",
          kind: "danger",
          async run() {
            if (typed.value.trim() !== key.name.trim()) {
              told.say("This is not its name.");
              typed.focus();
              return false;
            }
            try {
              await at.api.send("DELETE", `/api-keys/${encodeURIComponent(key.id)}`);
            } catch (error) {
              if (error.status !== 404) {
                told.say(error.message);
                return false;
              }
            }
            at.toast(`"${key.name}" deleted.`, { kind: "ok" });
            gone();
            return true;
          },
        },
      ],
    });
    typed.focus();
  }

  // The roles are said, since those of a table go where it is shown as cards.
  function cell(place, ...shown) {
    return el("td", { role: "cell", data: { label: HEADS[place] } }, ...shown);
  }

  function row(key, gone) {
    const used = at.clock.parse(key.last_used_at);
    const never = el("span", { class: "at-muted", text: "never" });
    return el(
      "tr",
      { role: "row", data: { key: key.id } },
      el("th", { role: "rowheader", scope: "row", text: key.name }),
      cell(1, el("span", { class: "at-mono", text: `${key.prefix}...` })),
      cell(2, key.scopes.join(", ")),
      cell(3, at.clock.node(at.clock.parse(key.created_at))),
      cell(4, used === null ? never : at.clock.node(used)),
      el(
        "td",
        { role: "cell", class: "at-number" },
        at.button({
          icon: "trash",
          kind: "quiet",
          title: `Delete ${key.name}`,
          run: () => remove(key, gone),
        }),
      ),
    );
  }

  function head(text) {
    const shown = text || el("span", { class: "at-hidden", text: "Delete" });
    return el("th", { role: "columnheader", scope: "col" }, shown);
  }

  function table(keys, gone) {
    return el(
      "div",
      { class: "at-scroll", tabindex: "0", role: "region", aria: { label: "Your keys" } },
      el(
        "table",
        { class: "at-table at-keys-table", role: "table" },
        el("caption", { class: "at-hidden", text: "API keys" }),
        el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, HEADS.map(head))),
        el("tbody", { role: "rowgroup" }, keys.map((key) => row(key, gone))),
      ),
    );
  }

  at.keyList = { create, table };
})();
