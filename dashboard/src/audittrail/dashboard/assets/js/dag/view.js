/** The DAG: the trace as a graph of steps in the boxes of their agents. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const NARROW = 768;
  // What costs n ms is done again after 10 n ms, and the edges are asked for again after a rest.
  const REST_FACTOR = 10;
  const EDGES_MS = 1500;

  class Dag {
    constructor(root, store) {
      this.store = store;
      this.mode = null; // "flow" or "summary"; by the size of the trace until the reader chooses
      this.top = -1;
      this.decided = new Map();
      this.folds = new Map();
      this.picture = { items: [], all: [], short: false };
      this.ordered = []; // depth first, as in the Spans
      this.edges = { all: [], left: 0, critical: new Set(), of: () => null };
      this.layout = new at.dag.Layout();
      this.isShown = false;
      this._found = [];
      this._cursor = null;
      this._stale = true;
      this._anew = true;
      this._timer = this._edgesTimer = 0;
      this._toReveal = -1;
      this.drawing = new at.dag.Drawing(store);
      this.list = at.dag.createListbox((item) => this.drawing.say(item));
      this.card = at.dag.createCard(store, (item) => this.drawing.say(item));
      this.minimap = at.dag.createMinimap((x, y) => {
        this.eye.centre(x, y);
        this._byUser();
      });
      this.parts = at.dag.createParts(this);
      this.stage = at.el("div", { class: "at-dag-stage" }, this.drawing.node, this.list.node,
        this.parts.hint, this.parts.zoom, this.parts.legend.list, this.minimap.node);
      this.eye = new at.dag.Eye(this.stage);
      root.append(at.el("div", { class: "at-dag" }, this.parts.bar, this.stage));
      const paint = at.perFrame(() => this._paint());
      this._asked = true; // whether more than the place and the zoom has changed
      this.paint = () => {
        this._asked = true;
        paint();
      };
      this._listen();
    }

    _listen() {
      const { store, stage } = this;
      at.dag.onWheel(this, stage);
      at.dag.onPointer(this, stage);
      this._sizes = new ResizeObserver(() => this.paint());
      this._sizes.observe(stage);
      const again = () => this._again();
      this._offs = [
        store.on("changed", ({ structure }) => {
          this._newData = true;
          if (structure) void this._askEdges();
          again();
        }),
        store.on("folded", () => {
          this._anew = true;
          this._timer = clearTimeout(this._timer) || 0;
          again();
        }),
        store.on("critical", again),
        store.on("selected", ({ row, from }) => {
          this._cursor = null;
          if (row >= 0 && from !== "dag") this._toReveal = row;
          this._stale ||= this._reveals(row);
          this.paint();
        }),
        ...["hover", "cursor", "follow", "find"].map((name) => store.on(name, () => this.paint())),
        store.on("tick", () => store.live && this.paint()),
        at.theme.on(() => this.paint()),
      ];
    }

    _again() {
      this._stale = true;
      this.paint();
    }

    // What the reader wants to see of the store's folds is open here, too.
    _reveals(row) {
      if (row < 0 || this.mode !== "flow") return false;
      let opened = false;
      for (const up of this.store.ancestors(row)) {
        const key = this.store.id[up];
        if (this.decided.get(key) === false) opened = true;
        this.decided.set(key, true);
      }
      this._anew ||= opened;
      return opened;
    }

    async _askEdges() {
      this._edgesWanted = true;
      if (!this.isShown || this._edgesTimer) return;
      this._edgesWanted = false;
      this._edgesTimer = -1;
      const began = performance.now();
      this._found = await at.details.edges(this.store);
      if (this._gone) return;
      this._again();
      const rest = Math.max(EDGES_MS, (performance.now() - began) * REST_FACTOR);
      this._edgesTimer = setTimeout(() => {
        this._edgesTimer = 0;
        if (this._edgesWanted) void this._askEdges();
      }, rest);
    }

    // What is drawn

    _make() {
      const { store } = this;
      const flow = () => at.dag.flow(store, this);
      const chosen = at.url.get("dag");
      if (chosen === "flow" || chosen === "summary") this.mode = chosen;
      const top = at.url.get("flow");
      this.top = top ? store.row(top) : -1;
      let made = null;
      if (!this.mode) {
        made = flow();
        const narrow = innerWidth < NARROW && made.all.length > 1;
        this.mode = made.short || narrow ? "summary" : "flow";
        if (this.mode === "summary") this.decided.clear();
      }
      if (this.mode === "summary") return at.dag.summary(store, this);
      return made || flow();
    }

    _build() {
      if (!this._stale || this._timer) return;
      const began = performance.now();
      const anew = this._anew;
      const anchor = anew && this.eye.isOpen ? this._anchor() : null;
      this.picture = this._make();
      this.layout.place(this.picture, this.mode === "flow", anew);
      this.ordered = at.dag.inOrder(this.picture);
      this.bounds = at.dag.boundsOf(this.picture.all);
      this._byKey = new Map(this.picture.all.map((item) => [item.key, item]));
      this.edges = at.dag.edgesOf(this.store, this.picture, this._found);
      if (anchor) this._hold(anchor);
      this._stale = this._anew = false;
      this._held = null;
      this.parts.update();
      this.laidOutMs = performance.now() - began;
      this._timer = setTimeout(() => {
        this._timer = 0;
        if (this._stale) this.paint();
      }, Math.max(60, this.laidOutMs * REST_FACTOR));
    }

    // The node that is to stay at its place on the screen when boxes open and close.
    _anchor() {
      const { x, y, w, h } = this.eye.seen();
      const middle = (item) => Math.hypot(item.x - x - w / 2, item.y - y - h / 2);
      const of = this.edges.of;
      const here = this._byKey.get(this._held) || (this.store.selected >= 0
        ? of(this.store.selected) : null);
      return here || this.picture.all.filter((item) => item.x + item.w > x && item.x < x + w &&
        item.y + item.h > y && item.y < y + h).sort((a, b) => middle(a) - middle(b))[0] || null;
    }

    _hold(before) {
      const now = this._byKey.get(before.key) ||
        (before.row >= 0 ? this.edges.of(before.row) : null);
      if (!now) return;
      this.eye.pan((before.x - now.x) * this.eye.k, (before.y - now.y) * this.eye.k);
    }

    _paint() {
      if (!this.isShown || !this.stage.clientWidth) return;
      this._build();
      this.parts.offer();
      if (!this.eye.isOpen) this._begin();
      else this.eye.pan(0, this._top - this._topNow());
      this._top = this._topNow();
      const { store } = this;
      if (this._toReveal >= 0) {
        const item = this.edges.of(this._toReveal);
        this._toReveal = -1;
        if (item) this.eye.bring(item);
      } else if (store.following && store.live && this._newData) {
        const item = this.edges.of(store.newest());
        if (item) this.eye.bring(item);
      }
      this._newData = false;
      this.drawing.look(this.eye);
      const began = performance.now();
      const { all } = this.picture;
      const { _asked: fresh } = this;
      this._asked = false;
      this.drawing.draw(all, this.edges, this.eye.seen(), this.eye.k, fresh);
      this._rings();
      const ordered = this.ordered;
      this.list.update(ordered, ordered.indexOf(this.here()), (item) => this._isChosen(item));
      const { count, plural } = at.format;
      this.drawing.node.setAttribute("aria-label", `Graph of ${plural(all.length, "node")} and ` +
        `${count(this.edges.all.length)} edges. The list that follows names the nodes.`);
      this.minimap.draw(all, this.bounds, this.eye.seen(), fresh);
      this.drawnMs = performance.now() - began;
    }

    // What grows above, as do the words of the bar, does not push the nodes down.
    _topNow() {
      const page = this.stage.closest("[data-page]");
      const top = page ? page.getBoundingClientRect().top : 0;
      return this.stage.getBoundingClientRect().top - top;
    }

    _rings() {
      const { store, edges } = this;
      const rings = [];
      const chosen = store.selected >= 0 ? edges.of(store.selected) : null;
      const pointed = store.hovered >= 0 ? edges.of(store.hovered) : null;
      if (pointed && pointed !== chosen) rings.push([pointed, "at-dag-pointed"]);
      if (chosen) {
        const own = chosen.row === store.selected && !chosen.rows;
        rings.push([chosen, own ? "at-dag-chosen" : "at-dag-chosen at-dag-holds"]);
      }
      const here = this.here();
      if (here && here !== chosen) rings.push([here, "at-dag-here"]);
      this.drawing.ring(rings);
    }

    _isChosen(item) {
      return this.store.selected >= 0 && this.edges.of(this.store.selected) === item;
    }

    // The node that arrow keys stand on.
    here() {
      const { store } = this;
      const cursor = this._cursor ?? store.cursor;
      if (cursor !== null && this._byKey.has(cursor)) return this._byKey.get(cursor);
      return store.selected >= 0 ? this.edges.of(store.selected) : null;
    }

    // Moving over it

    _begin() {
      this.eye.begin(this.bounds);
      if (this.store.selected >= 0) this._toReveal = this.store.selected;
    }

    fit() {
      this.eye.fit(this.bounds);
      this._byUser();
    }

    // Only what is looked at changes, if nothing else has.
    _byUser() {
      const { _asked: asked } = this;
      this.card.hide();
      if (this.store.live) this.store.setFollowing(false);
      this.paint();
      this._asked = asked;
    }

    zoom(by, x, y) {
      this.eye.zoom(by, x, y);
      this._byUser();
    }

    pan(dx, dy) {
      this.eye.pan(dx, dy);
      this._byUser();
    }

    // What a reader does

    point(key, event) {
      const item = key && this._byKey ? this._byKey.get(key) : null;
      this.store.hover(item && item.kind === "span" ? item.row : -1);
      if (item && !(item.open && item.h > at.dag.NODE_HEIGHT)) this.card.show(item, event);
      else this.card.hide();
    }

    /** Of a node with many spans, each further click takes the next. */
    pick(key, from = "dag") {
      const item = this._byKey.get(key);
      this.card.hide();
      this.list.node.focus({ preventScroll: true });
      if (item.kind === "span") {
        this.store.select(item.row, { from });
        return;
      }
      this._held = key;
      if (item.kind === "same") {
        const here = item.rows.indexOf(this.store.selected);
        this.store.select(item.rows[(here + 1) % item.rows.length], { from });
      }
      this._cursor = key;
      this.paint();
    }

    toggle(key) {
      const item = this._byKey.get(key);
      if (!item || !item.box) return;
      this.card.hide();
      this._held = key;
      this._timer = clearTimeout(this._timer) || 0;
      if (item.kind === "run") this.store.toggleRun(key);
      else if (item.kind === "span") this.store[item.open ? "close" : "open"](item.row);
      else {
        this.folds.set(key, !item.open);
        this._anew = true;
        this._again();
      }
    }

    /** Arrow keys stand on a node: it is brought into view. */
    standOn(item) {
      if (item.kind !== "span") this._cursor = item.key;
      this.eye.bring(item);
      this.paint();
    }

    key(name) {
      return at.dag.walking.key(this, name);
    }

    boxOfSelection() {
      const { selected } = this.store;
      if (selected < 0) return -1;
      return this.store.hasChildren(selected) ? selected : this.store.parent[selected];
    }

    _anewWhole() {
      this.decided.clear();
      this._anew = this._stale = true;
      this._timer = clearTimeout(this._timer) || 0;
      this.eye.isOpen = false;
      this.paint();
    }

    setMode(mode) {
      at.url.set({ dag: mode });
      this.mode = mode;
      this._anewWhole();
    }

    /** Only what is below the selection, as Flow. */
    enter() {
      at.url.set({ flow: this.store.id[this.boxOfSelection()] });
      this.setMode("flow");
    }

    leave() {
      at.url.set({ flow: null });
      this._anewWhole();
    }

    tidy() {
      this._anew = true;
      this._timer = clearTimeout(this._timer) || 0;
      this._again();
    }

    shown() {
      this.isShown = true;
      this._keys = at.dag.addKeys(this);
      void this._askEdges();
      this.paint();
    }

    hidden() {
      this.isShown = false;
      this.card.hide();
      for (const remove of this._keys || []) remove();
      this._keys = [];
    }

    destroy() {
      this._gone = true;
      this.hidden();
      clearTimeout(this._timer);
      clearTimeout(this._edgesTimer);
      this.parts.close();
      this._sizes.disconnect();
      for (const off of this._offs) off();
    }
  }

  at.dag ??= {};
  at.views.define("dag", {
    build(root, store) {
      const view = new Dag(root, store);
      at.dag.current = view;
      return view;
    },
  });
})();
