"use strict";
// The report of a comparison, around the viewer. Texts become text nodes only; nothing is fetched; what a person answers is
// kept in this page until it is saved as a file.

(() => {
  const { make, draw } = ocrouteViewer;

  function table({ title, header, rows }) {
    const head = make("tr", {}, ...header.map((text) => make("th", { scope: "col" }, text)));
    const body = rows.map((row) => make("tr", {}, ...row.map((text, at) => make(at ? "td" : "th", at ? {} : { scope: "row" }, text))));
    return make("section", {}, make("h2", {}, title), make("div", { class: "or-wide" },
      make("table", {}, make("thead", {}, head), make("tbody", {}, ...body))));
  }

  function bars({ title, rows }) {
    const width = 420;
    const line = 26;
    const left = 150;
    const svg = draw("svg", { viewBox: `0 0 ${left + width + 90} ${rows.length * line + 4}`, role: "img", "aria-label": title });
    const scale = (value) => left + width * Math.min(Math.max(value, 0), 1);
    rows.forEach(({ name, value, ends, said }, at) => {
      const y = at * line + 4;
      const label = draw("text", { x: left - 8, y: y + 13, "text-anchor": "end" });
      label.textContent = name.length > 22 ? `${name.slice(0, 21)}…` : name;
      const number = draw("text", { x: left + width + 8, y: y + 13 });
      number.textContent = said || `${(100 * value).toFixed(1)} %`;
      svg.append(label, draw("rect", { x: left, y, width, height: 18, class: "or-track" }));
      svg.append(draw("rect", { x: left, y, width: Math.max(scale(value) - left, 1), height: 18, class: "or-bar" }), number);
      if (ends) svg.append(draw("line", { x1: scale(ends[0]), x2: scale(ends[1]), y1: y + 9, y2: y + 9, class: "or-whisker" }));
    });
    return make("figure", {}, make("figcaption", {}, title), svg);
  }

  function scatter({ title, points }) {
    const [width, height, left, top] = [420, 220, 60, 12];
    const svg = draw("svg", { viewBox: `0 0 ${left + width + 130} ${top + height + 40}`, role: "img", "aria-label": title });
    const text = (x, y, said, anchor) => {
      const made = draw("text", { x, y, "text-anchor": anchor });
      made.textContent = said;
      svg.append(made);
    };
    const ends = (values) => [Math.min(...values), Math.max(...values)];
    const [fast, slow] = ends(points.map(({ seconds }) => Math.log(seconds)));
    const [low, high] = ends(points.map(({ quality }) => quality));
    const across = (seconds) => left + (slow > fast ? (Math.log(seconds) - fast) / (slow - fast) : 0.5) * width;
    const down = (quality) => top + (high > low ? (high - quality) / (high - low) : 0.5) * height;
    svg.append(draw("rect", { x: left, y: top, width, height, class: "or-track" }));
    for (const value of new Set([low, high])) text(left - 8, down(value) + 5, `${(100 * value).toFixed(1)} %`, "end");
    for (const value of new Set([fast, slow])) text(across(Math.exp(value)), top + height + 22, `${Math.exp(value).toPrecision(2)} s`, "middle");
    for (const { name, seconds, quality } of points) {
      svg.append(draw("circle", { cx: across(seconds), cy: down(quality), r: 6, class: "or-bar" }));
      text(across(seconds) + 10, down(quality) + 5, name.length > 16 ? `${name.slice(0, 15)}…` : name, "start");
    }
    return make("figure", {}, make("figcaption", {}, title), svg);
  }

  function confusions(given) {
    const parts = Object.entries(given).map(([name, rows]) => make("div", {}, make("h3", {}, name), make("ul", { class: "or-confusions" },
      ...rows.map(([wanted, read, count]) => make("li", {}, make("code", {}, wanted || "∅"), " → ", make("code", {}, read || "∅"), ` ${count}×`)))));
    return parts.length ? make("section", {}, make("h2", {}, "What was read for what"), make("div", { class: "or-side" }, ...parts)) : null;
  }

  function dissents(places, more) {
    const answers = new Map();
    const state = make("span", { "aria-live": "polite", class: "or-answered" });
    const save = make("button", { type: "button", disabled: true }, "save answers as facts");
    const told = () => {
      state.textContent = `${answers.size} of ${places.length} answered`;
      save.disabled = answers.size === 0;
    };
    const facts = () => [...answers.entries()].sort(([one], [other]) => one - other).flatMap(([at, text]) => {
      const { pdf, page, variants } = places[at];
      const fact = (type, said, number) => ({
        pdf, page, id: `${pdf}_p${page}_dissent${at + 1}${number}`, type, text: said, max_diffs: 0, checked: "verified",
      });
      if (text) return [fact("present", text, "")];
      return variants.filter(([said]) => said).map(([said], number) => fact("absent", said, `_${number + 1}`));
    });
    save.addEventListener("click", () => {
      const lines = facts().map((one) => `${JSON.stringify(one)}\n`).join("");
      const address = URL.createObjectURL(new Blob([lines], { type: "application/jsonl" }));
      const link = make("a", { href: address, download: "facts.jsonl" });
      link.click();
      setTimeout(() => URL.revokeObjectURL(address), 1000);
    });
    const items = places.map(({ pdf, page, crop, variants }, at) => {
      const item = make("li", { "data-dissent": at + 1 });
      const answer = (text, button) => {
        const again = button.getAttribute("aria-pressed") === "true";
        for (const one of item.querySelectorAll("button")) one.setAttribute("aria-pressed", "false");
        if (again) answers.delete(at);
        else {
          answers.set(at, text);
          button.setAttribute("aria-pressed", "true");
        }
        told();
      };
      const choice = (label, text, by) => {
        const button = make("button", { type: "button", "aria-pressed": "false" }, label);
        button.addEventListener("click", () => answer(typeof text === "function" ? text() : text, button));
        return make("div", { class: "or-choice" }, button, by ? make("span", { class: "or-by" }, by) : null);
      };
      const typed = make("input", { type: "text", "aria-label": "what stands there", placeholder: "or type what stands there" });
      const own = choice("this", () => typed.value.trim(), "");
      own.prepend(typed);
      own.querySelector("button").disabled = true;
      typed.addEventListener("input", () => {
        const button = own.querySelector("button");
        button.disabled = !typed.value.trim();
        if (button.getAttribute("aria-pressed") === "true") answer("", button);
      });
      item.append(
        make("p", { class: "or-where" }, page ? `${pdf}, page ${page}` : pdf),
        crop ? make("img", { src: crop, alt: "the place on the page", loading: "lazy" }) : make("p", { class: "or-where" }, "no image of this place"),
        ...variants.filter(([text]) => text).map(([text, names]) => choice(text, text, names.join(", "))),
        choice("nothing of this stands there", "", variants.filter(([text]) => !text).flatMap(([, names]) => names).join(", ")),
        own,
      );
      return item;
    });
    told();
    return make("section", { id: "or-dissents" }, make("h2", {}, "Who is right?"),
      make("p", {}, "Places where runs differ, the largest difference first. What you answer is saved as a file of facts: ocroute compare ... --facts facts.jsonl"),
      more ? make("p", {}, `${more} smaller differences are not asked about.`) : null,
      make("p", { class: "or-save" }, save, " ", state), make("ol", { class: "or-dissents" }, ...items));
  }

  function pages(given, open) {
    const rows = given.map((page, at) => {
      const name = page.at ? `${page.name}, page ${page.at}` : page.name;
      const button = make("button", { type: "button", "data-open": at }, name);
      button.addEventListener("click", () => open(at));
      const cells = Object.entries(page.status).map(([run, status]) => make("td", { "data-status": status },
        page.cer[run] === undefined ? status : `${status}, CER ${(100 * page.cer[run]).toFixed(1)} %`));
      return make("tr", {}, make("td", {}, button), make("td", {}, `${(100 * page.disagreement).toFixed(1)} %`), ...cells);
    });
    const runs = given.length ? Object.keys(given[0].status) : [];
    const head = make("tr", {}, ...["page", "distance", ...runs].map((text) => make("th", { scope: "col" }, text)));
    return make("section", { id: "or-pages" }, make("h2", {}, "Pages, those on which runs differ most first"),
      make("div", { class: "or-wide or-long" }, make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows))));
  }

  function mount(root, data) {
    const stage = make("div", { class: "or-stage", hidden: true });
    const inner = make("div", {});
    const close = make("button", { type: "button", class: "or-close" }, "back to the report (Esc)");
    stage.append(close, inner);
    const report = make("div", { class: "or ov-colours" });
    let back = null;
    let view = null;
    const shut = () => {
      stage.hidden = true;
      report.hidden = false;
      back?.focus();
    };
    const open = (at) => {
      back = document.activeElement;
      report.hidden = true;
      stage.hidden = false;
      const told = "red: not in what it is held against; green, struck: missing";
      view ??= ocrouteViewer.mount(inner, { title: data.title, told, pages: data.pages.map((page) => page.view), nav: null, contents: [] });
      view.show(at);
      close.focus();
    };
    close.addEventListener("click", shut);
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !stage.hidden) shut();
    });
    report.append(...[
      make("h1", {}, data.title),
      make("ul", {}, ...data.remarks.map((line) => make("li", {}, line))),
      ...data.tables.map(table),
      make("section", { class: "or-side" }, ...data.bars.map(bars), data.scatter ? scatter(data.scatter) : null),
      confusions(data.confusions),
      data.dissents.length ? dissents(data.dissents, data.more) : null,
      pages(data.pages, open),
    ].filter((one) => one));
    root.append(report, stage);
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const root of document.querySelectorAll("[data-ocroute-report]")) {
      mount(root, JSON.parse(document.getElementById(root.dataset.ocrouteReport).textContent));
    }
  });
})();
