/** The pointer on the Timeline: hover, choose, pan, zoom, ranges and the brush. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const CLICK_PX = 4;
  const EDGE_PX = 6;
  const LINE_PX = 40;
  const DOUBLE_MS = 400;
  const POINTER_EVENTS = ["pointerdown", "mousedown", "pointerup", "mouseup", "click", "dblclick"];

  const pixels = (event, value) => (event.deltaMode === 1 ? value * LINE_PX : value);
  const placeIn = (node, event) => {
    const box = node.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  // ``start(event)`` gives what to do with moves and with the end, or null to leave the pointer.
  function dragging(node, start) {
    node.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      const drag = start(event);
      if (!drag) return;
      const [x, y] = [event.clientX, event.clientY];
      let far = false;
      const move = (moved) => {
        if (moved.pointerId !== event.pointerId) return;
        const [dx, dy] = [moved.clientX - x, moved.clientY - y];
        if (!far && Math.hypot(dx, dy) > CLICK_PX) {
          far = true;
          node.setPointerCapture(event.pointerId);
        }
        if (far && drag.move) drag.move(dx, dy, moved);
      };
      const end = (ended) => {
        if (ended.pointerId !== event.pointerId) return;
        node.removeEventListener("pointermove", move);
        node.removeEventListener("pointerup", end);
        node.removeEventListener("pointercancel", end);
        if (far && drag.done) drag.done();
        if (ended.type === "pointerup" && !far && drag.click) drag.click(ended);
      };
      node.addEventListener("pointermove", move);
      node.addEventListener("pointerup", end);
      node.addEventListener("pointercancel", end);
    });
  }

  // The first click may open the details under the pointer: the second still means the same span.
  function onSecondClick(first, run) {
    let began = false;
    const caught = (event) => {
      const near = Math.hypot(event.clientX - first.clientX, event.clientY - first.clientY);
      if (near > CLICK_PX || event.timeStamp - first.timeStamp > DOUBLE_MS) return;
      began ||= event.type === "pointerdown";
      if (!began) return;
      event.preventDefault();
      event.stopPropagation();
      if (event.type === "pointerup") run();
    };
    const listen = (how) => POINTER_EVENTS.forEach((name) => window[how](name, caught, true));
    listen("addEventListener");
    setTimeout(() => listen("removeEventListener"), DOUBLE_MS);
  }

  /** Wheel over anything of the view: with ctrl zooms at the pointer, with shift pans. */
  function onWheel(view, node) {
    node.addEventListener(
      "wheel",
      (event) => {
        const [x] = placeIn(node, event);
        const [dx, dy] = [pixels(event, event.deltaX), pixels(event, event.deltaY)];
        if (event.ctrlKey || event.metaKey) {
          event.preventDefault();
          view.zoom(Math.exp(Math.max(-200, Math.min(200, dy)) / 300), x);
        } else if (event.shiftKey || Math.abs(dx) > Math.abs(dy)) {
          event.preventDefault();
          view.pan(dx || dy);
        }
      },
      { passive: false },
    );
  }

  /** The rows: hover, click, drag to pan, two fingers to zoom, double click to fit. */
  function onRows(view, node, card) {
    const { store } = view;
    const fingers = new Map();
    const spread = () => {
      const [a, b] = [...fingers.values()];
      return { size: Math.max(20, Math.abs(a[0] - b[0])), x: (a[0] + b[0]) / 2 };
    };
    let pinch = null;
    node.addEventListener("pointerdown", (event) => {
      fingers.set(event.pointerId, placeIn(node, event));
      pinch = fingers.size === 2 ? spread() : null;
      card.hide();
    });
    const lift = (event) => {
      fingers.delete(event.pointerId);
      pinch = null;
    };
    node.addEventListener("pointerup", lift);
    node.addEventListener("pointercancel", lift);
    node.addEventListener("pointermove", (event) => {
      const place = placeIn(node, event);
      if (fingers.has(event.pointerId)) fingers.set(event.pointerId, place);
      if (pinch) {
        const now = spread();
        view.zoom(pinch.size / now.size, now.x);
        view.pan(pinch.x - now.x);
        pinch = now;
        return;
      }
      const entry = fingers.size ? null : view.entryAt(place[1]);
      store.hover(entry !== null && entry >= 0 ? entry : -1);
      card.over(event.pointerType === "touch" ? null : entry, event);
    });
    node.addEventListener("pointerleave", () => {
      card.hide();
      store.hover(-1);
    });
    dragging(node, () => {
      let last = 0;
      return {
        move(dx) {
          if (pinch) return;
          view.pan(last - dx);
          last = dx;
        },
        click(event) {
          const [x, y] = placeIn(node, event);
          const entry = view.entryAt(y);
          if (entry === null) return;
          if (entry < -1) store.toggleRun(store.run(-(entry + 2)).key);
          else if (view.isFold(entry, x)) store.toggle(entry);
          else {
            store.select(entry, { from: "timeline" });
            onSecondClick(event, () => view.fitRow(entry));
          }
        },
      };
    });
    node.addEventListener("dblclick", (event) => {
      if (view.entryAt(placeIn(node, event)[1]) === null) view.fit();
    });
  }

  /** The head: a brush on the minimap, a range on the ruler. */
  function onHead(view, node) {
    const { scale, minimap, store } = view;
    const onMap = (y) => y < minimap.height;
    const timeAt = (x) => {
      const { left, right } = view;
      return scale.atShare(Math.max(0, Math.min(1, (x - left) / (right - left))));
    };
    node.addEventListener("pointermove", (event) => {
      const [x, y] = placeIn(node, event);
      const [from, to] = minimap.edges(view);
      const edge = Math.min(Math.abs(x - from), Math.abs(x - to)) < EDGE_PX;
      const inside = x > from && x < to;
      const onBrush = edge ? "ew-resize" : inside ? "grab" : "crosshair";
      node.style.setProperty("cursor", onMap(y) ? onBrush : "crosshair");
    });
    dragging(node, (event) => {
      const [x, y] = placeIn(node, event);
      if (x < view.left) return null;
      return onMap(y) ? brush(x) : range(x);
    });
    node.addEventListener("dblclick", () => view.fit());

    function brush(x) {
      const [from, to] = minimap.edges(view);
      const whole = to - from > view.right - view.left - 2 * EDGE_PX;
      const moves = (a, b) => view.show(timeAt(Math.min(a, b)), timeAt(Math.max(a, b)));
      if (Math.abs(x - from) < EDGE_PX) return { move: (dx) => moves(from + dx, to) };
      if (Math.abs(x - to) < EDGE_PX) return { move: (dx) => moves(from, to + dx) };
      if (x > from && x < to && !whole) {
        return {
          move(dx) {
            const by = Math.max(view.left - from, Math.min(dx, view.right - to));
            moves(from + by, to + by);
          },
        };
      }
      return {
        move: (dx) => moves(x, x + dx),
        click() {
          const half = (to - from) / 2;
          if (!whole) moves(x - half, x + half);
        },
      };
    }

    function range(x) {
      const inView = (px) => scale.t(Math.max(view.left, Math.min(view.right, px)));
      return {
        move(dx) {
          const [a, b] = [inView(x), inView(x + dx)];
          view.draftRange([Math.min(a, b), Math.max(a, b)]);
        },
        // Told once, at the end: the address changes with it.
        done: () => view.keepRange(),
        click: () => store.range && store.setRange(null),
      };
    }
  }

  /** The handle between names and bars: by pointer, and by arrow keys when it has the focus. */
  function onHandle(view, node) {
    dragging(node, () => {
      const before = view.left;
      return { move: (dx) => view.setGutter(before + dx) };
    });
    node.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -20, ArrowRight: 20 }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      view.setGutter(view.left + step);
    });
  }

  at.timeline ??= {};
  at.timeline.pointing = { onWheel, onRows, onHead, onHandle };
})();
