/** What of the DAG's picture is on the screen: zoom and place. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const [LEAST, LARGEST] = [0.01, 2.5];
  const READABLE = 0.8;
  const MARGIN = 24;

  class Eye {
    constructor(stage) {
      this.stage = stage;
      this.isOpen = false; // whether it looks at something yet
      [this.x, this.y, this.k] = [0, 0, 1];
    }

    /** What is seen, in the picture's measure. */
    seen() {
      const { x, y, k, stage } = this;
      return { x: -x / k, y: -y / k, w: stage.clientWidth / k, h: stage.clientHeight / k };
    }

    /** All of ``bounds``. */
    fit({ x, y, w, h }) {
      const { clientWidth, clientHeight } = this.stage;
      this.k = Math.max(LEAST, Math.min(1, (clientWidth - MARGIN * 2) / w,
        (clientHeight - MARGIN * 2) / h));
      this.x = (clientWidth - w * this.k) / 2 - x * this.k;
      this.y = (clientHeight - h * this.k) / 2 - y * this.k;
      this.isOpen = true;
    }

    /** At first: all of it, or its beginning if its letters would be too small. */
    begin(bounds) {
      this.fit(bounds);
      if (this.k >= READABLE) return;
      const { clientWidth, clientHeight } = this.stage;
      const start = (size, room) =>
        size * READABLE <= room - MARGIN * 2 ? (room - size * READABLE) / 2 : MARGIN;
      this.k = READABLE;
      this.x = start(bounds.w, clientWidth) - bounds.x * READABLE;
      this.y = start(bounds.h, clientHeight) - bounds.y * READABLE;
    }

    zoom(by, x = this.stage.clientWidth / 2, y = this.stage.clientHeight / 2) {
      const k = Math.max(LEAST, Math.min(LARGEST, this.k * by));
      const part = k / this.k;
      this.x = x - (x - this.x) * part;
      this.y = y - (y - this.y) * part;
      this.k = k;
    }

    pan(dx, dy) {
      this.x += dx;
      this.y += dy;
    }

    centre(x, y) {
      this.x = this.stage.clientWidth / 2 - x * this.k;
      this.y = this.stage.clientHeight / 2 - y * this.k;
    }

    /** Move as little as is needed to see a node; of a box its header. */
    bring(item) {
      const { clientWidth, clientHeight } = this.stage;
      const height = item.open ? at.dag.HEADER : item.h;
      const width = Math.min(item.w, at.dag.NODE_WIDTH);
      const into = (low, size, room) =>
        low < MARGIN ? MARGIN - low : Math.min(0, room - MARGIN - size - low);
      this.x += into(item.x * this.k + this.x, width * this.k, clientWidth);
      this.y += into(item.y * this.k + this.y, height * this.k, clientHeight);
    }
  }

  at.dag ??= {};
  at.dag.Eye = Eye;
})();
