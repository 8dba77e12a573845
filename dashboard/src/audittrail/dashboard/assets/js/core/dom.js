/** Making elements. Text always goes in as text. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const SVG = "http://www.w3.org/2000/svg";

  function fill(node, children) {
    for (const child of children.flat(Infinity)) {
      if (child === null || child === undefined || child === false) continue;
      node.append(child instanceof Node ? child : String(child));
    }
    return node;
  }

  function assign(node, props) {
    for (const [name, value] of Object.entries(props || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name === "on") {
        for (const [event, run] of Object.entries(value)) node.addEventListener(event, run);
      } else if (name === "text") node.textContent = value;
      else if (name === "class") node.setAttribute("class", value);
      else if (name === "style") {
        for (const [property, set] of Object.entries(value)) node.style.setProperty(property, set);
      } else if (name === "aria" || name === "data") {
        for (const [key, set] of Object.entries(value)) {
          if (set !== null && set !== undefined) node.setAttribute(`${name}-${key}`, String(set));
        }
      } else if (name === "value" || name === "checked" || name === "disabled") node[name] = value;
      else node.setAttribute(name, value === true ? "" : String(value));
    }
    return node;
  }

  /**
   * An HTML element.
   * @param {string} tag
   * @param {object} [props] class, text, on, style, aria, data; any other name is an attribute.
   * @param {...(Node|string|null|Array)} children Strings become text.
   */
  at.el = (tag, props, ...children) =>
    fill(assign(document.createElement(tag), props), children);

  /** The same in SVG. */
  at.svg = (tag, props, ...children) =>
    fill(assign(document.createElementNS(SVG, tag), props), children);

  /** Take everything out of a node, and put ``children`` in. */
  at.clear = (node, ...children) => {
    node.replaceChildren();
    return fill(node, children);
  };

  /** ``{on(name, fn) -> off(), emit(name, value)}``. A listener that throws costs no other. */
  at.emitter = () => {
    const listeners = new Map();
    return {
      on(name, run) {
        if (!listeners.has(name)) listeners.set(name, new Set());
        listeners.get(name).add(run);
        return () => listeners.get(name).delete(run);
      },
      emit(name, value) {
        for (const run of [...(listeners.get(name) || [])]) {
          try {
            run(value);
          } catch (error) {
            reportError(error);
          }
        }
      },
    };
  };

  /** Run ``run`` at most once a frame, however often the result is called. */
  at.perFrame = (run) => {
    let asked = 0;
    return () => {
      if (asked) return;
      asked = requestAnimationFrame(() => {
        asked = 0;
        run();
      });
    };
  };

  /** Run ``run`` when nobody has called for ``ms``; not on another page, which is open by then. */
  at.debounced = (run, ms) => {
    let timer = 0;
    return (...given) => {
      clearTimeout(timer);
      const path = location.pathname;
      timer = setTimeout(() => location.pathname === path && run(...given), ms);
    };
  };
})();
