/** What is shown, as files: the picture as PNG and SVG, the figures as CSV and JSON. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const MARGIN = 12;
  const COLUMNS = ["step", "step_span_id", "source_id", "kind", "label", "share", "phi", "low", "high",
    "intervals", "distinguishable", "necessity", "sufficiency", "redundancy", "pinned", "span_id", "causal"];

  function runCsv(run) {
    const lines = [COLUMNS];
    for (const step of run.steps || []) {
      for (const source of step.sources) {
        const pairs = at.ablation.pairsOf(step, source).map(({ kind, other }) => `${kind} with ${other}`);
        lines.push([step.name, step.span_id, source.id, source.kind, source.label, source.share, source.phi,
          source.low, source.high, step.intervals, source.distinguishable, source.necessity, source.sufficiency,
          pairs.join("; "), source.pinned, source.span_id, "true"]);
      }
    }
    return at.csv(lines);
  }

  function overlapCsv(graph) {
    const label = new Map(graph.nodes.map((node) => [node.id, node.label]));
    return at.csv([
      ["source", "target", "overlap", "causal"],
      ...graph.links.map((link) => [label.get(link.source), label.get(link.target), link.share ?? link.value, "false"]),
    ]);
  }

  /** The picture as SVG that needs no style sheet, with a title above it. */
  function standalone(svg, title) {
    const copy = svg.cloneNode(true);
    // Beside the original, where the same styles hold.
    svg.after(copy);
    at.picture.writeStyles(copy);
    copy.remove();
    const [width, height] = [Number(svg.getAttribute("width")), Number(svg.getAttribute("height"))];
    const font = { "font-family": getComputedStyle(svg).getPropertyValue("font-family"), "font-size": "14px" };
    const whole = at.svg("svg", {
      xmlns: "http://www.w3.org/2000/svg",
      width: width + MARGIN * 2,
      height: height + MARGIN * 2 + 26,
      viewBox: `${-MARGIN} ${-MARGIN - 26} ${width + MARGIN * 2} ${height + MARGIN * 2 + 26}`,
    },
    at.svg("rect", { x: -MARGIN, y: -MARGIN - 26, width: "100%", height: "100%", fill: at.theme.color("ground") }),
    at.svg("text", { ...font, x: 0, y: -12, fill: at.theme.color("ink"), "font-weight": "600", text: title }));
    for (const name of ["class", "role", "tabindex", "style"]) copy.removeAttribute(name);
    whole.append(copy);
    for (const each of copy.querySelectorAll("[tabindex], [role], [class]")) {
      for (const name of ["tabindex", "role", "class", "aria-pressed"]) each.removeAttribute(name);
    }
    return whole;
  }

  async function png(whole) {
    const [w, h] = ["width", "height"].map((name) => Number(whole.getAttribute(name)));
    const scale = at.picture.scaleOf(w, h);
    const [width, height] = [Math.floor(w * scale), Math.floor(h * scale)];
    whole.setAttribute("width", width);
    whole.setAttribute("height", height);
    return at.picture.toPng(new XMLSerializer().serializeToString(whole), width, height);
  }

  /**
   * Buttons for the four kinds.
   * @param {function(): {name: string, title: string, svg: Element|null, run?: object,
   *   graph?: object}} shown what there is at that moment
   */
  function exportButtons(shown) {
    async function save(kind) {
      const { name, title, svg, run, graph } = shown();
      const file = `${name}.${kind}`;
      if (kind === "csv") at.download(run ? runCsv(run) : overlapCsv(graph), file, "text/csv;charset=utf-8");
      else if (kind === "json") {
        at.download(JSON.stringify(run || { title, ...graph }, null, 2), file, "application/json");
      } else if (!svg) at.toast("There is no picture yet.", { kind: "error" });
      else if (kind === "svg") {
        at.download(new XMLSerializer().serializeToString(standalone(svg, title)), file, "image/svg+xml");
      } else {
        try {
          at.download(await png(standalone(svg, title)), file);
        } catch {
          at.toast("The browser could not draw the picture.", { kind: "error" });
        }
      }
    }
    return at.el("div", { class: "at-ablation-exports", role: "group", aria: { label: "Download" } },
      ["png", "svg", "csv", "json"].map((kind) => at.button({
        icon: "download",
        label: kind.toUpperCase(),
        kind: "quiet",
        title: `Download ${["png", "svg"].includes(kind) ? "the picture" : "the figures"} as ${kind.toUpperCase()}`,
        run: () => save(kind),
      })));
  }

  at.ablation ??= {};
  at.ablation.exportButtons = exportButtons;
})();
