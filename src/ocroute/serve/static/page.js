// The page of `ocroute serve`. Text of documents and names of files become text nodes only; what was read is shown by the viewer.
// It asks this server and nobody else, by the same routes as any program.

import { say, speak, words } from "/static/words.js";

const byId = (id) => document.getElementById(id);
const FINE = new Set(["accepted", "blank"]);
const ENDED = new Set(["done", "failed", "canceled"]);
const PAUSE = 1000; // ms between looks at the list while something is read

let jobs = []; // as the server tells them, the newest first
let fresh = []; // those just sent that no list has told of: one that was asked for before is still on its way
let shown = null; // id of the job whose pages are seen
let page = 0; // number of the page that is seen; 0: none
let stream = null; // of the shown job's events
let view = null; // what the viewer gave for that page
let formats = [];
let timer = 0;

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function reason(body) {
  const detail = body?.detail ?? "";
  const told = Array.isArray(detail) ? detail.map((one) => one.msg).join(" ") : String(detail);
  return body?.next_step ? `${told}. ${body.next_step}` : told;
}

async function ask(path, options = {}) {
  const answer = await fetch(path, { ...options, credentials: "same-origin" });
  if (answer.status === 401) {
    closeDoor();
    throw new Error(say("doorTitle"));
  }
  if (!answer.ok) throw new Error(reason(await answer.json().catch(() => ({ detail: answer.status }))));
  return answer;
}

function wrong(text) {
  byId("wrong").textContent = text;
}

// ---- sending ---------------------------------------------------------------------------------------------------------

function sendAll(files) {
  wrong("");
  for (const file of files) send(file);
}

function send(file) {
  const name = file.name || "image.png";
  const form = new FormData();
  for (const wish of ["engine", "languages", "pages", "password"]) if (byId(wish).value) form.append(wish, byId(wish).value);
  form.append("file", file, name);
  const request = new XMLHttpRequest(); // fetch tells nothing of how much is sent
  request.responseType = "json";
  request.upload.onprogress = (event) => {
    const percent = event.lengthComputable ? Math.floor((100 * event.loaded) / event.total) : "…";
    byId("said").textContent = say("sending", { name, percent });
  };
  request.onload = () => {
    byId("said").textContent = "";
    if (request.status === 401) closeDoor();
    if (request.status !== 202) return wrong(say("refused", { name, reason: reason(request.response) || request.status }));
    byId("said").textContent = say("sent", { name });
    fresh = [request.response, ...fresh];
    jobs = [request.response, ...jobs];
    show(request.response.id);
    look();
    return undefined;
  };
  request.onerror = () => wrong(say("refused", { name, reason: say("lost") }));
  request.open("POST", "/v1/jobs");
  request.send(form);
}

// ---- the list --------------------------------------------------------------------------------------------------------

async function look() {
  clearTimeout(timer);
  try {
    const list = await (await ask("/v1/jobs")).json();
    fresh = fresh.filter((one) => !list.some((other) => other.id === one.id));
    jobs = [...fresh, ...list];
    if (byId("wrong").textContent === say("lost")) wrong("");
  } catch (error) {
    if (byId("inside").hidden) return;
    wrong(error instanceof TypeError ? say("lost") : error.message);
    timer = setTimeout(look, 3 * PAUSE);
    return;
  }
  draw();
  if (jobs.some((job) => !ENDED.has(job.state))) timer = setTimeout(look, PAUSE);
}

function told(job) {
  const state = job.state === "done" && !job.ok ? say("doubtfulDone") : say(job.state);
  const pages = job.pages.total ? `, ${say("progress", job.pages)}` : "";
  return `${state}${pages}${job.reason ? `: ${job.reason}` : ""}`;
}

function draw() {
  byId("none").hidden = jobs.length > 0;
  const list = byId("jobs");
  const old = new Map([...list.children].map((item) => [item.dataset.id, item]));
  const items = jobs.map((job) => {
    const state = JSON.stringify([job.state, job.pages, job.reason]);
    const kept = old.get(job.id);
    if (kept?.dataset.drawn === state) return kept; // focus stays where it is
    const made = row(job);
    made.dataset.drawn = state;
    return made;
  });
  const focused = document.activeElement?.closest?.("#jobs li")?.dataset.id;
  const kind = document.activeElement?.className;
  if (items.length !== list.children.length || items.some((item, place) => list.children[place] !== item)) {
    list.replaceChildren(...items);
    if (focused) [...list.children].find((item) => item.dataset.id === focused)?.querySelector(`.${kind}`)?.focus();
  }
  const job = jobs.find((one) => one.id === shown);
  if (job) drawShown(job);
  else if (shown) close();
}

function row(job) {
  const ended = ENDED.has(job.state);
  const open = make("button", { type: "button", class: "open" }, job.name);
  open.addEventListener("click", () => show(job.id, true));
  const label = say(ended ? "removeNamed" : "cancelNamed", { name: job.name });
  const end = make("button", { type: "button", class: "end", "aria-label": label }, say(ended ? "remove" : "cancel"));
  end.addEventListener("click", () => finish(job));
  const item = make("li", { "data-id": job.id, "data-fine": ended ? String(job.ok) : null }, open);
  item.append(make("span", { class: "told" }, told(job)), end);
  if (!ended) {
    const bar = make("progress", { "aria-label": job.name });
    if (job.pages.total) [bar.max, bar.value] = [job.pages.total, job.pages.done];
    item.append(bar);
  }
  return item;
}

async function finish(job) {
  try {
    await ask(`/v1/jobs/${job.id}`, { method: "DELETE" });
    fresh = fresh.filter((one) => one.id !== job.id);
    if (ENDED.has(job.state) && shown === job.id) close();
  } catch (error) {
    wrong(error.message);
  }
  look();
}

// ---- one job ---------------------------------------------------------------------------------------------------------

function show(id, focus = false) {
  if (shown !== id) {
    shown = id;
    [page, view] = [0, null];
    byId("viewer").replaceChildren();
    follow(id);
  }
  draw();
  if (focus) byId("shown-title").focus();
}

function close() {
  stream?.close();
  [stream, shown, page, view] = [null, null, 0, null];
  byId("shown").hidden = true;
  byId("viewer").replaceChildren();
}

function follow(id) {
  stream?.close();
  const job = jobs.find((one) => one.id === id);
  if (!job || ENDED.has(job.state)) return;
  stream = new EventSource(`/v1/jobs/${id}/events`);
  const current = () => jobs.find((one) => one.id === id);
  stream.addEventListener("counted", (event) => {
    const one = current();
    if (one) [one.pages.total, one.numbers] = [JSON.parse(event.data).pages, JSON.parse(event.data).numbers];
    draw();
  });
  stream.addEventListener("loading", (event) => {
    byId("said").textContent = say("loading", JSON.parse(event.data));
  });
  stream.addEventListener("page", (event) => {
    const [one, news] = [current(), JSON.parse(event.data)];
    byId("said").textContent = say("page", { page: news.page, verdict: say(news.status) });
    if (!one) return;
    one.verdicts[news.page] = news.status;
    one.pages.done = Object.keys(one.verdicts).length;
    draw();
  });
  for (const end of ENDED) {
    stream.addEventListener(end, () => {
      stream?.close();
      look();
    });
  }
}

function drawShown(job) {
  byId("shown").hidden = false;
  byId("shown-title").textContent = job.name;
  byId("shown-state").textContent = told(job);
  byId("downloads").hidden = job.state !== "done";
  const offered = `${job.id} ${formats.length}`;
  if (byId("formats").dataset.drawn !== offered) {
    byId("formats").dataset.drawn = offered;
    byId("formats").replaceChildren(...formats.map((format) => make("li", {}, download(job, format))));
  }
  const numbers = Object.keys(job.verdicts).map(Number);
  drawStrip(job, job.numbers.length ? job.numbers : numbers);
  if (!page && numbers.length) open(job, numbers[0]);
  else view?.setNav(neighbours(job));
}

function drawStrip(job, numbers) {
  const strip = byId("strip");
  const state = JSON.stringify([job.id, numbers.map((number) => job.verdicts[number] ?? ""), page]);
  if (strip.dataset.drawn === state) return;
  const focused = strip.contains(document.activeElement) ? document.activeElement.textContent : "";
  strip.dataset.drawn = state;
  strip.replaceChildren(...numbers.map((number) => {
    const verdict = job.verdicts[number];
    const label = verdict ? say("page", { page: number, verdict: say(verdict) }) : say("pageWaits", { page: number });
    const button = make("button", {
      type: "button", "aria-label": label, title: label, disabled: !verdict, "data-verdict": verdict ?? null,
      "aria-current": number === page ? "page" : null,
    }, String(number));
    button.addEventListener("click", () => open(job, number));
    return make("li", {}, button);
  }));
  if (focused) [...strip.querySelectorAll("button")].find((one) => one.textContent === focused)?.focus();
}

// Where the keys of the viewer lead from the page that is seen.
function neighbours(job) {
  const numbers = Object.keys(job.verdicts).map(Number);
  const place = numbers.indexOf(page);
  const at = (other) => (other === undefined ? null : `#${other}`);
  const doubtful = [...numbers.slice(place + 1), ...numbers.slice(0, place)].find((one) => !FINE.has(job.verdicts[one]));
  return { previous: at(numbers[place - 1]), next: at(numbers[place + 1]), nextDoubtful: at(doubtful), total: job.pages.total };
}

async function open(job, number) {
  page = number;
  let data;
  try {
    data = await (await ask(`/v1/jobs/${job.id}/pages/${number}`)).json();
  } catch (error) {
    return wrong(error.message);
  }
  if (shown !== job.id || page !== number) return undefined; // another one was asked for meanwhile
  const nav = neighbours(job);
  view = ocrouteViewer.mount(byId("viewer"), { title: job.name, told: "", pages: [data], nav, contents: [] }, words);
  const current = jobs.find((one) => one.id === shown);
  if (current) drawShown(current);
  return undefined;
}

window.addEventListener("hashchange", () => {
  const number = Number(window.location.hash.slice(1));
  const job = jobs.find((one) => one.id === shown);
  window.history.replaceState(null, "", window.location.pathname);
  if (job && number in job.verdicts) open(job, number);
});

function download(job, format) {
  const link = make("a", { href: `/v1/jobs/${job.id}/result?format=${format}`, download: true, "data-format": format }, format);
  link.addEventListener("click", async (event) => {
    event.preventDefault();
    wrong("");
    byId("said").textContent = say("saving", { name: format });
    try {
      const answer = await ask(link.getAttribute("href"));
      const named = /filename\*=UTF-8''(.*)/.exec(answer.headers.get("content-disposition"));
      const address = URL.createObjectURL(await answer.blob());
      make("a", { href: address, download: named ? decodeURIComponent(named[1]) : format }).click();
      setTimeout(() => URL.revokeObjectURL(address), 60000);
      byId("said").textContent = "";
    } catch (error) {
      byId("said").textContent = "";
      wrong(say("notMade", { format, reason: error.message }));
    }
  });
  return link;
}

// ---- the door and the beginning --------------------------------------------------------------------------------------

function closeDoor() {
  clearTimeout(timer);
  stream?.close();
  byId("inside").hidden = true;
  byId("leave").hidden = true;
  byId("door").hidden = false;
  byId("key").focus();
}

async function enter() {
  byId("door").hidden = true;
  byId("inside").hidden = false;
  const choices = await (await ask("/v1/choices")).json();
  formats = choices.formats;
  byId("leave").hidden = !choices.key;
  const first = byId("engine").options[0];
  byId("engine").replaceChildren(first, ...choices.engines.map((one) => make("option", { value: one.name, title: one.strengths }, one.name)));
  byId("known").replaceChildren(...choices.languages.map((code) => make("option", { value: code })));
  const { bytes, pages } = choices.limits;
  byId("limits").textContent = say("limits", { mb: Math.floor(bytes / 1048576), pages });
  await look();
}

byId("door").addEventListener("submit", async (event) => {
  event.preventDefault();
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch("/session", { method: "POST", headers, body: JSON.stringify({ key: byId("key").value }) });
  byId("key").value = "";
  if (!answer.ok) byId("key").setCustomValidity(say("wrongKey"));
  if (!answer.ok) return void byId("key").reportValidity();
  return void enter();
});
byId("key").addEventListener("input", () => byId("key").setCustomValidity(""));
byId("leave").addEventListener("click", async () => {
  await fetch("/session", { method: "DELETE" });
  window.location.reload();
});
byId("wishes").addEventListener("submit", (event) => event.preventDefault());
byId("choose").addEventListener("click", () => byId("files").click());
byId("files").addEventListener("change", () => {
  sendAll(byId("files").files);
  byId("files").value = "";
});
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    byId("drop").classList.toggle("over", kind === "dragover");
    if (kind === "drop" && !byId("inside").hidden) sendAll(event.dataTransfer?.files ?? []);
  });
}
document.addEventListener("paste", (event) => {
  const files = event.clipboardData?.files ?? [];
  if (files.length && !byId("inside").hidden) sendAll(files);
});

speak(document);
const session = await (await fetch("/session")).json();
if (session.needed && !session.open) closeDoor();
else await enter().catch((error) => wrong(error instanceof TypeError ? say("lost") : error.message));
