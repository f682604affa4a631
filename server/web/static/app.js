// The page: it owns the view (what the user chose to see, which is what a link
// carries), sends it to the drawing in the frame, and writes the drawing's report.

import { readLink, writeLink, resolvedPalette } from "./view.js";
import { stateName, writeRun, writeBanner, writeEmpty, writePanel, writeLog, announce } from "./panel.js";
import { listenKeys } from "./keys.js";

const $ = id => document.getElementById(id);
const frame = $("frame");
const reduced = matchMedia("(prefers-reduced-motion: reduce)");
const dark = matchMedia("(prefers-color-scheme: dark)");

const view = {
  rev: 0, scene: "images", class: 0, image: 0, filter: "", wipe: 1, smooth: 0.6, log: false,
  chart: "recover", eps: -1, sets: "both", ...readLink(location.hash),
};
let report = null;   // newest of the frame
let ready = false;   // the frame listens
let waiting = null;  // control without an answer

// --- to the frame

function post(message) {
  if (ready) frame.contentWindow.postMessage(JSON.stringify(message), location.origin);
}

function sendView() {
  view.rev++;
  post({ type: "view", view: {
    ...view, still: reduced.matches, hidden: document.hidden, palette: resolvedPalette(),
    table: [...document.querySelectorAll("details.data")].some(d => d.open && d.offsetParent),
  } });
  writeControls();
  writeLink(view);
}

// change sets some of the view's fields and shows the result.
export function change(fields) {
  Object.assign(view, fields);
  sendView();
}

function control(op) {
  if (waiting) return;
  waiting = { op, id: report?.ack.id ?? 0 };
  $(op === "resume" ? "pause" : op)?.setAttribute("aria-busy", "true");
  post({ type: "control", op });
}

// --- from the frame

addEventListener("message", event => {
  if (event.source !== frame.contentWindow || event.origin !== location.origin || typeof event.data !== "string") return;
  const message = JSON.parse(event.data);
  ({
    hello() { ready = true; sendView(); },
    ready() { performance.mark("drawn"); $("loading").classList.add("gone"); },
    loading() { loading(message); },
    failed() { failed(message.text); },
    key() { onKey(message.key); },
    report() { onReport(message.report); },
  })[message.type]?.();
});

const began = performance.now();

function loading({ share, bytes }) {
  $("loading-bar").value = share;
  if (performance.now() - began > 1000) {
    $("loading-text").textContent = `Loading the viewer, ${(bytes / 1e6).toFixed(1)} MB${share < 1 ? "" : ", starting it"}`;
  }
}

function failed(text) {
  console.error(text);
  $("loading").classList.remove("gone");
  $("loading").classList.add("failed");
  $("loading-text").textContent = `The viewer could not start: ${text}`;
}

function onReport(next) {
  const before = report;
  report = next;
  if (next.view.rev === view.rev) {
    const { class: cls, image, eps } = next.view;
    if (cls !== view.class || image !== view.image || eps !== view.eps) {
      Object.assign(view, { class: cls, image, eps });
      writeLink(view);
      writeControls();
    }
  }
  answered(next.ack, next.link);
  writeRun(next, Boolean(waiting));
  writeBanner(next.link, next.run);
  writeEmpty(next.empty);
  writePanel(next, view);
  writeLog(next.log);
  if (before?.run.state && before.run.state !== next.run.state && !waiting) announce(stateName(next.run.state));
}

// answered ends the wait for a control once its acknowledgement is there, or cannot come any more.
function answered(ack, link) {
  if (!waiting) return;
  if (link.state !== "open") ack = { ...ack, id: 0, op: waiting.op, ok: false, error: "the connection was lost" };
  else if (ack.id === waiting.id || ack.op !== waiting.op) return;
  const said = { pause: "Paused", resume: "Running", step: "One step made", stop: "Stopping" }[ack.op];
  announce(ack.ok ? said : `${ack.op} refused: ${ack.error}`, !ack.ok);
  waiting = null;
  for (const id of ["pause", "step", "stop"]) $(id).removeAttribute("aria-busy");
}

// --- the page's own controls

function writeControls() {
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const on = tab.dataset.scene === view.scene;
    tab.setAttribute("aria-selected", on);
    tab.tabIndex = on ? 0 : -1;
    if (on) $("stage").setAttribute("aria-labelledby", tab.id);
  }
  for (const panel of document.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== view.scene;
  $("filter").value = view.filter;
  $("wipe").value = view.wipe;
  $("smooth").value = view.smooth;
  $("smooth-value").textContent = view.smooth ? Number(view.smooth).toFixed(2) : "off";
  $("log").checked = view.log;
  for (const name of ["sets", "chart"]) {
    for (const radio of document.getElementsByName(name)) radio.checked = radio.value === view[name];
  }
  if ($("class").options.length > view.class) $("class").selectedIndex = view.class;
}

function onKey(key) {
  keys(key);
}

function move(by) {
  const count = report?.image?.count || report?.run.ipc || 1;
  const classes = Math.max(1, report?.run.classes.length || 1);
  const at = Math.min(Math.max(view.class * count + view.image + by, 0), classes * count - 1);
  change({ class: Math.floor(at / count), image: at % count, wipe: 1 });
}

// nextEvent steps eps to the next birth or death.
function nextEvent(direction) {
  const f = report?.features;
  if (!f) return;
  const eps = view.eps < 0 ? f.eps : view.eps;
  const events = [...new Set([0, ...f.real, ...f.syn, f.epsMax])].sort((a, b) => a - b);
  const beyond = direction > 0 ? events.find(e => e > eps) : events.findLast(e => e < eps);
  if (beyond !== undefined) change({ eps: beyond });
}

// animate moves a value of the view from a to b; at once when motion is unwelcome.
let animation = 0;
function animate(name, a, b, seconds, end = () => {}) {
  cancelAnimationFrame(animation);
  if (reduced.matches) { change({ [name]: b }); end(); return; }
  const start = performance.now();
  const tick = now => {
    const t = Math.min((now - start) / 1000 / seconds, 1);
    change({ [name]: a + (b - a) * t });
    if (t < 1) animation = requestAnimationFrame(tick); else end();
  };
  animation = requestAnimationFrame(tick);
}

function grow() {
  const button = $("grow"), f = report?.features;
  const stop = () => { button.setAttribute("aria-pressed", "false"); button.textContent = "Grow"; };
  if (button.getAttribute("aria-pressed") === "true") { cancelAnimationFrame(animation); stop(); return; }
  if (!f) return;
  button.setAttribute("aria-pressed", "true");
  button.textContent = "Pause";
  const from = f.eps >= f.epsMax * 0.999 ? 0 : f.eps;
  animate("eps", from, f.epsMax, 6 * (1 - from / f.epsMax) + 0.2, stop);
}

const running = () => report && report.run.state !== "paused";
const toggle = () => { if (!$("pause").disabled) control(running() ? "pause" : "resume"); };

function toggleTheme() {
  const now = document.documentElement.dataset.theme || (dark.matches ? "dark" : "light");
  document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
  try { localStorage.setItem("theme", document.documentElement.dataset.theme); } catch { /* private mode */ }
  sendView();
}

const actions = {
  pause: toggle,
  step: () => { if (!$("step").disabled) control("step"); },
  scene: name => { change({ scene: name }); },
  next: () => move(1), previous: () => move(-1),
  down: () => move(report?.image?.count || 1), up: () => move(-(report?.image?.count || 1)),
  zoomIn: () => post({ type: "act", name: "zoom-in" }),
  zoomOut: () => post({ type: "act", name: "zoom-out" }),
  reset: () => post({ type: "act", name: "reset" }),
  nextEvent: () => nextEvent(1), previousEvent: () => nextEvent(-1), grow,
  log: () => change({ log: !view.log }),
  class: () => $("class").focus(),
  filter: () => { change({ scene: "images" }); $("filter").focus(); },
  theme: toggleTheme,
  help: () => $("help-dialog").showModal(),
};
const keys = listenKeys(actions, () => view.scene);

function listen() {
  $("pause").onclick = toggle;
  $("step").onclick = actions.step;
  $("stop").onclick = () => $("stop-dialog").showModal();
  $("stop-dialog").addEventListener("close", () => {
    if ($("stop-dialog").returnValue === "stop") control("stop");
    $("stop-dialog").returnValue = "";
  });
  $("help").onclick = actions.help;
  $("theme").onclick = toggleTheme;
  $("retry").onclick = () => post({ type: "retry" });
  const tabs = [...document.querySelectorAll("[role=tab]")];
  for (const tab of tabs) {
    tab.onclick = () => change({ scene: tab.dataset.scene });
    tab.onkeydown = event => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      const to = tabs[(tabs.indexOf(tab) + by + tabs.length) % tabs.length];
      to.focus();
      to.click();
      event.preventDefault();
    };
  }
  $("class").onchange = () => change({ class: $("class").selectedIndex, image: 0, wipe: 1 });
  $("filter").oninput = () => change({ filter: $("filter").value });
  $("prev").onclick = actions.previous;
  $("next").onclick = actions.next;
  $("wipe").oninput = () => change({ wipe: $("wipe").valueAsNumber });
  $("replay").onclick = () => animate("wipe", 0, 1, 1.6);
  $("smooth").oninput = () => change({ smooth: $("smooth").valueAsNumber });
  $("log").onchange = () => change({ log: $("log").checked });
  $("eps").oninput = () => { cancelAnimationFrame(animation); change({ eps: Math.fround($("eps").valueAsNumber) }); };
  $("event-next").onclick = actions.nextEvent;
  $("event-prev").onclick = actions.previousEvent;
  $("grow").onclick = grow;
  for (const name of ["sets", "chart"]) {
    for (const radio of document.getElementsByName(name)) radio.onchange = () => change({ [name]: radio.value });
  }
  for (const data of document.querySelectorAll("details.data")) data.addEventListener("toggle", sendView);
  dark.addEventListener("change", sendView);
  reduced.addEventListener("change", sendView);
  document.addEventListener("visibilitychange", sendView);
  addEventListener("hashchange", () => change(readLink(location.hash)));
  addEventListener("online", () => post({ type: "retry" }));
  watchScale();
}

// watchScale lets the drawing notice that the device's pixel ratio changed: it then loads itself again.
function watchScale() {
  matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener("change", () => { sendView(); watchScale(); }, { once: true });
}

// The state that tests assert on, as JSON; null before the drawing runs.
window.retaState = () => frame.contentWindow.retaState?.() ?? null;

try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch { /* private mode */ }
listen();
writeControls();
