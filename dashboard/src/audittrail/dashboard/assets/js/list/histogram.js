/** Traces over time as bars, the failed part in red; dragging over them chooses a range. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const { el, svg } = at;
  const HEIGHT = 44;
  const BUCKETS = 80;

  /** ``chosen(since, until)`` is given ISO times. ``{node, load(query)}`` */
  function createHistogram(chosen) {
    const picture = svg("svg", {
      class: "at-histogram-bars",
      preserveAspectRatio: "none",
      role: "img",
    });
    const words = el("span", { class: "at-histogram-total", role: "status" });
    const field = at.list.createBrush(picture, extent, chosen);
    const node = el("div", { class: "at-histogram" }, field, words);
    let told = null;
    let asked = 0;

    function extent() {
      if (!told || !told.buckets.length) return null;
      const start = at.clock.parse(told.since);
      return [start, start + told.bucket_ms * told.buckets.length];
    }

    async function load(query) {
      const mine = (asked += 1);
      try {
        const { q, since, until } = query;
        const { data } = await at.api.get("/traces/histogram", { q, since, until, buckets: BUCKETS });
        if (mine === asked) draw(data);
      } catch {
        // The list itself says what is the matter.
      }
    }

    function draw(data) {
      told = data;
      const most = Math.max(1, ...data.buckets.map((bucket) => bucket.count));
      picture.setAttribute("viewBox", `0 0 ${Math.max(1, data.buckets.length)} ${HEIGHT}`);
      const failed = data.buckets.reduce((sum, bucket) => sum + bucket.failed, 0);
      words.textContent = at.format.plural(data.total, "trace");
      picture.setAttribute(
        "aria-label",
        `${at.format.plural(data.total, "trace")} over time, ${at.format.count(failed)} failed`,
      );
      const bars = data.buckets.flatMap((bucket, place) => {
        const high = bucket.count ? Math.max(2, (bucket.count / most) * HEIGHT) : 0;
        const red = bucket.failed ? Math.max(2, (bucket.failed / most) * HEIGHT) : 0;
        const bar = (height, name) =>
          height
            ? svg("rect", { class: name, x: place + 0.08, y: HEIGHT - height, width: 0.84, height })
            : null;
        const all = bar(high, "at-histogram-bar");
        if (all) {
          const start = at.clock.text(at.clock.parse(bucket.start), "short");
          all.append(
            svg("title", {}, `${start}: ${at.format.plural(bucket.count, "trace")}, ${bucket.failed} failed`),
          );
        }
        return [all, bar(red, "at-histogram-failed")];
      });
      at.clear(picture, bars);
    }

    return { node, load };
  }

  at.list ??= {};
  at.list.createHistogram = createHistogram;
})();
