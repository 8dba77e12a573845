/** What a node or a ribbon says when it is pointed at or has the focus. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el } = at;
  const DELAY_MS = 150;
  const EXCERPT = 400;

  function facts(link) {
    const { words } = at.ablation;
    if (link.kind === "overlap") return [["Overlap", at.format.percent(link.share ?? link.value)]];
    if (link.kind === "structural") return [["Link", "a call and its result; no measurement"]];
    if (link.many) return [["Together", `${at.format.count(link.many)} sources`], ["Of the answer", at.format.percent(link.value)]];
    const measured = typeof link.phi === "number";
    const shown = [
      ["Share of this step", link.kind === "suppressor" ? "none, it works against the answer"
        : link.kind === "zero" ? words.ZERO : at.format.percent(link.share ?? link.value)],
      measured ? ["Shapley value (phi)", words.number(link.phi)] : null,
      measured ? ["Interval", words.interval(link)] : null,
      typeof link.necessity === "number" ? ["Necessity", words.number(link.necessity)] : null,
      typeof link.sufficiency === "number" ? ["Sufficiency", words.number(link.sufficiency)] : null,
      link.kind === "unmeasured" ? ["Flow", "none: it feeds only what has no influence further on"] : null,
    ];
    return shown.filter(Boolean);
  }

  const list = (pairs) =>
    el("dl", { class: "at-facts" }, pairs.map(([name, value]) => [el("dt", { text: name }), el("dd", { text: value })]));

  function ofLink(link, causal) {
    const { words } = at.ablation;
    return [
      el("strong", { text: `${link.from.label} to ${link.to.label}` }),
      list(facts(link)),
      link.intervals === "model-based" && link.kind !== "overlap"
        ? el("p", { class: "at-muted at-small", text: words.INTERVALS["model-based"] }) : null,
      causal && link.to.kind !== "target"
        ? el("p", { class: "at-muted at-small", text: words.CONVENTION }) : null,
      link.from.text ? el("p", { class: "at-ablation-excerpt", text: words.opening(link.from.text, EXCERPT) }) : null,
    ];
  }

  function ofNode(node, causal) {
    const { words } = at.ablation;
    const { label } = words.kind(node.kind);
    const one = node.links.length === 1;
    return [
      el("strong", { text: node.label }),
      el("p", { class: "at-muted", text: node.kind === "other"
        ? node.members.map((each) => each.label).slice(0, 12).join(", ") : label }),
      node.kind === "target" ? null : list([
        causal && node.size > 0 ? ["Of the final answer", at.format.percent(node.value)] : null,
        ...(one ? facts(node.links[0]) : []),
      ].filter(Boolean)),
      one ? null : node.links.map((link) => [
        el("p", { class: "at-muted", text: `To ${link.to.label}` }), list(facts(link))]),
      causal && node.links.some((link) => link.intervals === "model-based")
        ? el("p", { class: "at-muted at-small", text: words.INTERVALS["model-based"] }) : null,
      causal && node.links.some((link) => link.to.kind !== "target")
        ? el("p", { class: "at-muted at-small", text: words.CONVENTION }) : null,
      node.text ? el("p", { class: "at-ablation-excerpt", text: words.opening(node.text, EXCERPT) }) : null,
    ];
  }

  /** ``{show(node|link, causal, x, y), hide()}``: one card, at a place on the screen. */
  at.ablation ??= {};
  at.ablation.createCard = () => {
    let card = null;
    let timer = 0;
    let of = null;
    function hide() {
      clearTimeout(timer);
      if (card) card.remove();
      card = of = null;
    }
    return {
      hide,
      show(item, causal, x, y) {
        if (of === item) return;
        hide();
        of = item;
        timer = setTimeout(() => {
          const content = item.from ? ofLink(item, causal) : ofNode(item, causal);
          card = el("div", { class: "at-card at-hover-card at-ablation-card", role: "tooltip" }, content);
          document.body.append(card);
          const left = Math.min(x + 14, innerWidth - card.offsetWidth - 8);
          const below = y + 14;
          const top = below + card.offsetHeight > innerHeight - 8 ? y - card.offsetHeight - 14 : below;
          card.style.setProperty("left", `${Math.max(8, left)}px`);
          card.style.setProperty("top", `${Math.max(8, top)}px`);
        }, DELAY_MS);
      },
    };
  };
})();
