"use strict";
// Shows pages beside what was read on them. All text goes into the document as text nodes; nothing is ever parsed as HTML,
// fetched, or evaluated. See the docstring of ocroute/viewer/__init__.py for the data and for how to embed this.

const ocrouteViewer = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const TAGS = {
    strike: "s", underline: "u", bold: "strong", italic: "em", code: "code", superscript: "sup", subscript: "sub",
    inserted: "ins", deleted: "del",
  };
  const FINE = new Set(["accepted", "blank", "unjudged"]);

  let words = {}; // what is said instead, by what is said here

  function say(text, places = {}) {
    return (words[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => places[name] ?? whole);
  }

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined && value !== "" && value !== false) element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null));
    return element;
  }

  function draw(tag, attributes) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  function rectangle(box, attributes) {
    const [x0, y0, x1, y1] = box;
    return draw("rect", { x: x0, y: y0, width: Math.max(x1 - x0, 1), height: Math.max(y1 - y0, 1), ...attributes });
  }

  // ---- what was read -------------------------------------------------------------------------------------------------

  function run({ text, styles = [], href = "" }) {
    let inner = document.createTextNode(text);
    for (const style of styles.filter((name) => name in TAGS).reverse()) inner = make(TAGS[style], {}, inner);
    if (href) inner = make("a", { href, rel: "noreferrer noopener", target: "_blank" }, inner);
    return inner;
  }

  function lines(given) {
    return given.flatMap((line, place) => [...(place ? [make("br")] : []), ...line.map(run)]);
  }

  function table(rows) {
    const body = rows.map((row) => make("tr", {}, ...row.map((cell) => make(
      cell.header ? "th" : "td",
      { rowspan: cell.rows > 1 && cell.rows, colspan: cell.columns > 1 && cell.columns, dir: "auto" },
      ...lines(cell.lines),
    ))));
    return make("div", { class: "ov-table" }, make("table", {}, ...body));
  }

  function part(block, given) {
    if (given.rows) return table(given.rows);
    const marker = given.marker ? [make("span", { class: "ov-marker" }, `${given.marker} `)] : [];
    const heading = block.category === "Title" || block.category === "Section-header";
    const tag = heading ? `h${Math.min((block.level || 1) + 2, 6)}` : block.markup === "latex" ? "pre" : "p";
    return make(tag, { dir: block.direction === "rtl" ? "rtl" : "auto" }, ...marker, ...lines(given.lines));
  }

  function article(block, number) {
    const label = `${number} ${block.category}${block.engine ? `, by ${block.engine}` : ""}`;
    const nothing = block.parts.length ? null : make("p", { class: "ov-empty" }, say("no text"));
    return make(
      "article",
      { class: "ov-block", "data-category": block.category, "data-block": number, tabindex: 0, "aria-label": label },
      make("span", { class: "ov-label", "aria-hidden": "true" }, label),
      ...block.parts.map((given) => part(block, given)),
      nothing,
    );
  }

  function findings(reading) {
    if (!reading.findings.length && !reading.error) return null;
    const items = reading.findings.map((one, place) => make(
      "li",
      { class: one.refuses ? "ov-refuses" : "", "data-finding": one.box ? place + 1 : "", tabindex: one.box ? 0 : "" },
      make("b", {}, say(one.code)), ` ${one.sentence}`, one.step ? make("span", { class: "ov-step" }, ` ${one.step}`) : null,
    ));
    if (reading.error) items.unshift(make("li", { class: "ov-refuses" }, reading.error));
    return make("ul", { class: "ov-findings", "aria-label": say("findings") }, ...items);
  }

  function timeline(attempts) {
    if (!attempts.length) return null;
    const longest = Math.max(...attempts.map((one) => one.seconds), 1e-9);
    return make("ol", { class: "ov-attempts", "aria-label": say("attempts") }, ...attempts.map((one) => {
      const bar = make("span", { class: "ov-span" });
      bar.style.width = `${Math.max(2, (100 * one.seconds) / longest)}%`;
      const said = `${one.engine}: ${one.outcome}, ${one.seconds.toFixed(2)} s${one.reason ? `: ${one.reason}` : ""}`;
      return make("li", { "data-outcome": one.outcome }, make("span", { class: "ov-track" }, bar), said);
    }));
  }

  function column(reading) {
    const blocks = reading.blocks.map((block, place) => article(block, place + 1));
    return make(
      "section",
      { class: "ov-reading", "data-status": reading.status, "aria-label": reading.title || say("text") },
      make(
        "p", { class: "ov-verdict" },
        make("b", {}, `${reading.title ? `${reading.title}: ` : ""}${say(reading.status)}`), ` ${reading.told}`,
      ),
      findings(reading),
      make("div", { class: "ov-text" }, ...blocks),
      ...reading.notes.map((note) => make("p", { class: "ov-note", dir: "auto" }, note)),
      timeline(reading.attempts),
    );
  }

  // ---- the page ------------------------------------------------------------------------------------------------------

  function overlay(page, reading) {
    const svg = draw("svg", { viewBox: `0 0 ${page.width} ${page.height}`, preserveAspectRatio: "none", class: "ov-boxes" });
    const size = Math.max(page.width, page.height) / 70;
    const middles = [];
    reading.findings.forEach((one, place) => {
      if (!one.box) return;
      const mark = rectangle(one.box, { class: "ov-finding", "data-finding": place + 1 });
      mark.append(draw("title", {}));
      mark.firstChild.textContent = one.sentence;
      svg.append(mark);
    });
    reading.blocks.forEach((block, place) => {
      for (const box of block.unsure) svg.append(rectangle(box, { class: "ov-unsure" }));
      for (const box of block.boxes) {
        const [x0, y0, x1, y1] = box;
        svg.append(rectangle(box, { class: "ov-box", "data-category": block.category, "data-block": place + 1 }));
        const label = draw("text", {
          x: x0, y: Math.max(y0 - size / 4, size), "font-size": size, class: "ov-number", "data-category": block.category,
        });
        label.textContent = place + 1;
        svg.append(label);
        middles.push([(x0 + x1) / 2, (y0 + y1) / 2]);
      }
    });
    const head = draw("marker", { id: "ov-head", viewBox: "0 0 8 8", refX: 8, refY: 4, markerWidth: 9, markerHeight: 9, orient: "auto" });
    head.append(draw("path", { d: "M0 0 L8 4 L0 8 z" }));
    svg.append(head);
    for (let place = 1; place < middles.length; place += 1) {
      const [[x1, y1], [x2, y2]] = [middles[place - 1], middles[place]];
      svg.append(draw("line", { x1, y1, x2, y2, class: "ov-arrow", "marker-end": "url(#ov-head)" }));
    }
    return svg;
  }

  function sheet(page, reading) {
    const frame = make("div", { class: "ov-sheet" });
    frame.style.aspectRatio = `${page.width || 3} / ${page.height || 4}`;
    if (page.image) frame.append(make("img", { src: page.image, alt: say("page {number}", page) }));
    else frame.append(make("p", { class: "ov-empty" }, page.missing || say("no image of this page")));
    if (page.width && page.height) frame.append(overlay(page, reading));
    return frame;
  }

  // Both ways: whatever carries the number of a block, or of a finding, lights up with all that carry the same.
  function link(view) {
    const key = (target) => {
      const element = target.closest?.("[data-block], [data-finding]");
      if (!element || !view.contains(element)) return null;
      return element.dataset.block ? `[data-block="${element.dataset.block}"]` : `[data-finding="${element.dataset.finding}"]`;
    };
    const light = (selector, name) => {
      for (const one of view.querySelectorAll(`.${name}`)) one.classList.remove(name);
      if (selector) for (const one of view.querySelectorAll(selector)) one.classList.add(name);
    };
    view.addEventListener("pointerover", (event) => light(key(event.target), "ov-on"));
    view.addEventListener("pointerleave", () => light(null, "ov-on"));
    view.addEventListener("focusin", (event) => light(key(event.target), "ov-on"));
    view.addEventListener("click", (event) => {
      const selector = key(event.target);
      light(selector, "ov-pinned");
      if (!selector) return;
      const inPage = Boolean(event.target.closest(".ov-sheet"));
      const other = view.querySelector(`${inPage ? ".ov-reading" : ".ov-sheet"} ${selector}`);
      other?.scrollIntoView({ block: "center", inline: "nearest" });
    });
  }

  function pageView(page) {
    const view = make("div", { class: "ov-page", "data-page": page.number });
    const columns = page.readings.map(column);
    const scans = make("div", { class: "ov-scan", role: "region", "aria-label": say("page {number}", page), tabindex: 0 });
    const choose = (place) => {
      scans.replaceChildren(sheet(page, page.readings[place]));
      columns.forEach((one, at) => one.classList.toggle("ov-shown", at === place));
    };
    columns.forEach((one, place) => {
      if (columns.length > 1) one.addEventListener("pointerenter", () => choose(place));
    });
    view.append(scans, make("div", { class: "ov-readings" }, ...columns));
    choose(0);
    link(view);
    return view;
  }

  function contents(entries) {
    return make("ol", { class: "ov-contents" }, ...entries.map((one) => make(
      "li", { "data-status": one.status, value: one.number },
      make("a", { href: one.href }, `page ${one.number}: ${one.status}`), one.said ? ` ${one.said}` : null,
    )));
  }

  // ---- the whole -----------------------------------------------------------------------------------------------------

  const listening = new WeakMap(); // what a root listens to ends when another view takes its place

  function mount(root, data, said = {}) {
    words = said;
    let at = 0;
    const pages = data.pages;
    let nav = data.nav || {};
    const state = make("span", { class: "ov-where", "aria-live": "polite" });
    const inside = Boolean(root.closest("main")); // of a page that has its own
    const stage = make(inside ? "div" : "main", { class: "ov-stage" });
    const worst = (page) => page.readings.some((reading) => !FINE.has(reading.status));

    function show(place) {
      at = place;
      stage.replaceChildren(pageView(pages[at]));
      tell();
    }
    function tell() {
      const [number, total] = [pages[at].number, nav.total || pages.length];
      state.textContent = say(nav.total ? "page {number} of {total}" : "page {number} ({place} of {total})", { number, place: at + 1, total });
    }
    function go(step, href) {
      if (href) window.location.assign(href);
      else if (pages[at + step]) show(at + step);
    }
    function nextDoubtful() {
      if (nav.nextDoubtful) return void window.location.assign(nav.nextDoubtful);
      const order = [...pages.keys()].map((place) => (at + 1 + place) % pages.length);
      const found = order.find((place) => worst(pages[place]));
      if (found !== undefined) show(found);
    }
    const toggle = (name) => {
      const on = root.classList.toggle(name);
      for (const button of root.querySelectorAll(`[data-toggle="${name}"]`)) button.setAttribute("aria-pressed", !on);
    };
    const keys = {
      ArrowLeft: () => go(-1, nav.previous), ArrowRight: () => go(1, nav.next), n: nextDoubtful,
      b: () => toggle("ov-no-boxes"), o: () => toggle("ov-no-order"),
    };
    const button = (text, key, attributes = {}) => {
      const made = make("button", { type: "button", title: say("key: {key}", { key }), ...attributes }, say(text));
      made.addEventListener("click", keys[key]);
      return made;
    };
    const bar = make(inside ? "div" : "header", { class: "ov-bar" });
    function fill() {
      const several = pages.length > 1 || nav.total > 1;
      const focused = bar.contains(document.activeElement) ? document.activeElement.title : "";
      bar.replaceChildren(...[
        make(inside ? "h3" : "h1", {}, data.title), make("p", { class: "ov-told" }, data.told || ""),
        nav.index ? make("a", { href: nav.index }, say("all pages")) : null,
        pages.length && several ? button("← page", "ArrowLeft", { "aria-label": say("previous page") }) : null,
        pages.length ? state : null,
        pages.length && several ? button("page →", "ArrowRight", { "aria-label": say("next page") }) : null,
        pages.some(worst) || nav.nextDoubtful ? button("next doubtful page", "n") : null,
        pages.length ? button("boxes", "b", pressed("ov-no-boxes")) : null,
        pages.length ? button("reading order", "o", pressed("ov-no-order")) : null,
      ].filter((one) => one));
      if (focused) [...bar.querySelectorAll("button")].find((one) => one.title === focused)?.focus();
    }
    const pressed = (name) => ({ "data-toggle": name, "aria-pressed": String(!root.classList.contains(name)) });
    // For a document of which more pages appear: other neighbours, and another number of pages.
    function setNav(other) {
      nav = other;
      fill();
      tell();
    }
    if (!root.classList.contains("ov")) root.classList.add("ov", "ov-no-order");
    fill();
    root.replaceChildren(bar, stage);
    listening.get(root)?.abort();
    listening.set(root, new AbortController());
    root.ownerDocument.addEventListener("keydown", (event) => {
      const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
      if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey && pages.length) keys[event.key]?.();
    }, { signal: listening.get(root).signal });
    if (pages.length) show(0);
    else stage.append(contents(data.contents || []));
    return { show, nextDoubtful, setNav };
  }

  return { mount, make, draw };
})();

document.addEventListener("DOMContentLoaded", () => {
  for (const root of document.querySelectorAll("[data-ocroute-viewer]")) {
    ocrouteViewer.mount(root, JSON.parse(document.getElementById(root.dataset.ocrouteViewer).textContent));
  }
});
