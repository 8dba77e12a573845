/** What a node of the DAG says when it is pointed at. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const DELAY_MS = 200;
  const EXCERPT = 200;

  const excerpt = (value) => {
    if (value === null || value === undefined) return null;
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return text.length > EXCERPT ? `${text.slice(0, EXCERPT)}…` : text;
  };

  /** ``{show(item, event), hide()}`` */
  function createCard(store, say) {
    let card = null;
    let timer = 0;
    let of = null;

    function hide() {
      clearTimeout(timer);
      if (card) card.remove();
      card = of = null;
    }

    async function open(item, x, y) {
      const list = at.el("dl", {});
      const node = at.el("div", { class: "at-card at-hover-card at-dag-card", role: "tooltip" },
        at.el("strong", { text: at.dag.titleOf(item) }),
        at.el("p", { class: "at-muted", text: say(item) }), list);
      card = node;
      document.body.append(node);
      const left = Math.min(x + 14, innerWidth - node.offsetWidth - 8);
      const top = Math.min(y + 14, innerHeight - node.offsetHeight - 90);
      node.style.setProperty("left", `${Math.max(8, left)}px`);
      node.style.setProperty("top", `${Math.max(8, top)}px`);
      if (item.rows || store.ghost[item.row]) return;
      try {
        const span = await at.trace.payload(store.traceId, store.id[item.row]);
        if (card !== node) return;
        for (const [name, value] of [["In", excerpt(span.input)], ["Out", excerpt(span.output)]]) {
          if (value) list.append(at.el("dt", { text: name }), at.el("dd", { text: value }));
        }
      } catch {
        // The card is then without an excerpt; the details say what is wrong.
      }
    }

    return {
      hide,
      show(item, event) {
        if (of === item.key) return;
        hide();
        of = item.key;
        const { clientX, clientY } = event;
        timer = setTimeout(() => void open(item, clientX, clientY), DELAY_MS);
      },
    };
  }

  at.dag ??= {};
  at.dag.createCard = createCard;
})();
