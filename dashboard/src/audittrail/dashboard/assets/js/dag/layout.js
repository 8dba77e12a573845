/** Where the DAG's nodes are: from left to right by time, in lines like text, box in box. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const NODE_WIDTH = 248;
  const NODE_HEIGHT = 50;
  const GAP_X = 44;
  const GAP_Y = 18;
  const LINE_GAP = 34;
  const HEADER = 30;
  const PADDING = 16;
  // Fixed, so that what comes at the end moves nothing before it.
  const LINE_WIDTH = 1400;
  const STACK = 8;
  const LANE_GAP = 70;
  const LANE_HEIGHT = 700;

  /** What runs at the same time is a rank: it forks from the rank before and joins in the next. */
  function ranksOf(items, timed) {
    const ranks = [];
    let soonest = -Infinity;
    for (const item of items) {
      if (timed && ranks.length && item.start < soonest && item.kind !== "rest") {
        ranks[ranks.length - 1].push(item);
        soonest = Math.min(soonest, item.end);
      } else {
        ranks.push([item]);
        soonest = item.kind === "rest" ? -Infinity : item.end;
      }
    }
    return ranks;
  }

  // Sizes from the inside out, places within the parent.
  function arrange(items, timed, inside) {
    let [x, y, line, width] = [0, 0, 0, 0];
    for (const rank of ranksOf(items, timed)) {
      for (const item of rank) measure(item, timed, inside);
      const columns = [];
      for (let i = 0; i < rank.length; i += STACK) columns.push(rank.slice(i, i + STACK));
      const widths = columns.map((column) => Math.max(...column.map((item) => item.w)));
      const whole = widths.reduce((sum, each) => sum + each + GAP_X / 2, -GAP_X / 2);
      const wrap = () => {
        y += line + LINE_GAP;
        [x, line] = [0, 0];
      };
      if (x > 0 && x + whole > LINE_WIDTH) wrap();
      columns.forEach((column, place) => {
        if (place) x += GAP_X / 2;
        // A rank that is longer than a line goes on in the next.
        if (x > 0 && x + widths[place] > LINE_WIDTH) wrap();
        let down = 0;
        for (const item of column) {
          inside.set(item, [x, y + down]);
          down += item.h + GAP_Y;
        }
        line = Math.max(line, down - GAP_Y);
        x += widths[place];
        width = Math.max(width, x);
      });
      x += GAP_X;
    }
    return [width, y + line];
  }

  function measure(item, timed, inside) {
    [item.w, item.h] = [NODE_WIDTH, NODE_HEIGHT];
    if (!item.open) return;
    const [width, height] = arrange(item.items, timed, inside);
    item.w = Math.max(NODE_WIDTH, width) + PADDING * 2;
    item.h = height + HEADER + PADDING * 2;
  }

  function settle(items, inside, x, y) {
    for (const item of items) {
      const [dx, dy] = inside.get(item);
      [item.x, item.y] = [x + dx, y + dy];
      if (item.open) settle(item.items, inside, item.x + PADDING, item.y + HEADER + PADDING);
    }
  }

  const placeOf = ({ x, y, w, h }) => ({ x, y, w, h });

  /** What is placed already stays; a box may grow if nothing has to move for it. */
  class Layout {
    constructor() {
      this.placed = new Map();
      this.lane = null;
    }

    /** How many nodes stand in the lane at the right because there was no room for them. */
    get aside() {
      return this.lane ? this.lane.keys.size : 0;
    }

    /**
     * Give each item of ``picture`` its ``x, y, w, h``.
     * @param {boolean} anew whether what is placed may move
     */
    place(picture, timed, anew) {
      const inside = new Map();
      arrange(picture.items, timed, inside);
      settle(picture.items, inside, 0, 0);
      const { all } = picture;
      for (const item of all) item.aside = false;
      if (anew || !this.placed.size) this.lane = null;
      else if (this.lane || !all.every((item) => this._stands(item))) this._keep(all, timed);
      this.placed = new Map(all.map((item) => [item.key, placeOf(item)]));
    }

    _stands(item) {
      const before = this.placed.get(item.key);
      return !before || (before.x === item.x && before.y === item.y);
    }

    _keep(all, timed) {
      const news = [];
      for (const item of all) {
        const before = this.placed.get(item.key);
        if (before) {
          Object.assign(item, before);
          item.aside = Boolean(this.lane && this.lane.keys.has(item.key));
        } else if (!item.parent || this.placed.has(item.parent.key)) news.push(item);
      }
      if (!this.lane) {
        const right = Math.max(...[...this.placed.values()].map((each) => each.x + each.w));
        this.lane = { x: right + LANE_GAP, y: 0, width: 0, keys: new Set() };
      }
      const { lane } = this;
      for (const item of news) {
        const inside = new Map();
        measure(item, timed, inside);
        if (lane.y > 0 && lane.y + item.h > LANE_HEIGHT) {
          lane.x += lane.width + GAP_X;
          [lane.y, lane.width] = [0, 0];
        }
        [item.x, item.y, item.aside] = [lane.x, lane.y, true];
        if (item.open) settle(item.items, inside, item.x + PADDING, item.y + HEADER + PADDING);
        lane.y += item.h + GAP_Y;
        lane.width = Math.max(lane.width, item.w);
        lane.keys.add(item.key);
      }
    }
  }

  /** What encloses all items: ``{x, y, w, h}``. */
  function boundsOf(all) {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const { x, y, w, h } of all) {
      left = Math.min(left, x);
      top = Math.min(top, y);
      right = Math.max(right, x + w);
      bottom = Math.max(bottom, y + h);
    }
    return left <= right
      ? { x: left, y: top, w: right - left, h: bottom - top } : { x: 0, y: 0, w: 1, h: 1 };
  }

  at.dag ??= {};
  Object.assign(at.dag, { Layout, ranksOf, boundsOf, NODE_WIDTH, NODE_HEIGHT, HEADER });
})();
