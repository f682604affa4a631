// The page: it owns the view (what the user chose to see, which is what a link carries), sends it to the drawing in the
// frame, and writes the drawing's report. It knows no scene: what there is to see and to set comes from the frame.

import { $, attribute, property } from "./dom.js";
import { readLink, writeLink, resolvedPalette } from "./view.js";
import { render, clear } from "./panel.js";
import { stateName, mayControl, writeRun, writeLog, writeClass, listenClasses } from "./run.js";
import { listenTimeline, writeTimeline } from "./timeline.js";
import { listenKeys } from "./keys.js";
import { listenFiles, show as takeDrops } from "./files.js";
import * as shell from "./shell.js";

const frame = $("frame");
const reduced = matchMedia("(prefers-reduced-motion: reduce)");
const dark = matchMedia("(prefers-color-scheme: dark)");

let manifest = null; // what the frame can show; null until it listens
let params = {};
let values = {};     // of the parameters
let rev = 0;         // counts the views sent
let report = null;   // newest of the frame
let waiting = null;  // control of the run without an answer
let press = () => false;

// --- to the frame

function post(message) {
  if (manifest) frame.contentWindow.postMessage(message.file ? message : JSON.stringify(message), location.origin);
}

function sendView() {
  if (!manifest) return;
  rev++;
  const open = [...page.opened].filter(([, is]) => is).map(([id]) => id);
  post({ type: "view", rev, values, env: { still: reduced.matches, hidden: document.hidden, palette: resolvedPalette(), open } });
}

// set changes some of the view's parameters and shows the result. What a menu says of a number is text.
function set(fields) {
  for (const [name, value] of Object.entries(fields)) values[name] = params[name]?.kind === "number" ? Number(value) : value;
  sendView();
  writeView();
}

function writeView() {
  shell.writeTabs(manifest.scenes, values.scene);
  writeClass(values.class ?? 0);
  writeLink(values, params);
}

const show = scene => set({ scene });

// act does what a button, a key or a control says: the page's own acts here, the run's with an answer, the rest in the frame.
function act(name, arg) {
  const [whose, what, more] = name.split(":");
  if (whose === "page") own[what]?.(more ?? arg);
  else if (whose === "run") control(what);
  else post({ type: "act", name, arg });
}

const own = {
  theme() { shell.toggleTheme(); sendView(); },
  help() { $("help-dialog").showModal(); },
  export() { $("export-menu").togglePopover(); },
  open() { $("file").click(); },
  focus(param) {
    const named = param === "class" ? [$("class-name"), $("class")] : [...document.querySelectorAll(`[data-param="${CSS.escape(param)}"]`)];
    named.find(node => node.offsetParent)?.focus();
  },
  async link() {
    writeLink(values, params);
    await new Promise(done => setTimeout(done, 300)); // until it is in the address
    try {
      await navigator.clipboard.writeText(location.href);
      shell.announce("Link copied");
    } catch {
      shell.announce("The browser does not let this page copy; the link is in the address line", true);
    }
  },
};

// control asks the run for something, and waits for its answer; stop asks the user first.
function control(op, sure = false) {
  if (waiting || !report || !mayControl(report)) return;
  if (op === "toggle") op = report.run.state === "paused" ? "resume" : "pause";
  if (op === "stop" && !sure) return $("stop-dialog").showModal();
  waiting = { op, id: report.ack?.id ?? 0 };
  attribute($(op === "resume" ? "pause" : op), "aria-busy", "true");
  post({ type: "act", name: `run:${op}` });
}

// What the panel's blocks may do.
const page = {
  set, act,
  opened: new Map(), // details by id
  looked: () => queueMicrotask(sendView),
  fresh: () => report.rev === rev,
  send: (name, text) => post({ type: "text", name, text }),
  open(file) {
    if (manifest) post({ type: "file", file }); else shell.announce("The viewer is still loading: try again in a moment", true);
  },
};

// --- from the frame

addEventListener("message", event => {
  if (event.source !== frame.contentWindow || event.origin !== location.origin || typeof event.data !== "string") return;
  const message = JSON.parse(event.data);
  ({
    hello() { begin(message.manifest); },
    ready() { shell.loaded(); },
    loading() { shell.loading(message); },
    failed() { shell.failed(message.text); },
    key() { press(message.key); },
    say() { shell.announce(message.text, message.bad); },
    report() { if (manifest) write(message.report); },
  })[message.type]?.();
});

// begin takes the frame's manifest; a frame that was loaded again gets the view it had.
function begin(given) {
  const first = !manifest;
  manifest = given;
  takeDrops(frame.contentWindow);
  if (!first) return sendView();
  params = { scene: { kind: "text", default: manifest.scenes[0].name, link: true }, ...manifest.params };
  values = { ...Object.fromEntries(Object.entries(params).map(([name, p]) => [name, p.default])), ...linked() };
  shell.makeTabs(manifest.scenes, show);
  press = listenKeys(manifest, { scene: () => values.scene, act, show });
  set({});
}

function linked() {
  const out = readLink(location.hash, params);
  if (!manifest.scenes.some(s => s.name === out.scene)) out.scene = params.scene.default;
  return out;
}

function write(next) {
  const before = report;
  report = next;
  if (page.fresh()) {
    const moved = Object.entries(next.values ?? {}).filter(([name, value]) => values[name] !== value);
    Object.assign(values, Object.fromEntries(moved));
    if (moved.length) writeView();
  }
  answered(next.ack ?? {}, next.link);
  const here = next.scene === values.scene; // else the view has not reached the drawing yet, which shows another scene
  if (!here || next.scene !== before?.scene) clear($("blocks"));
  writeRun(next, Boolean(waiting));
  writeClass(values.class ?? 0);
  shell.writeBanner(next.link, next.run);
  shell.writeNotice(next.notice);
  shell.writeEmpty(here ? next.empty : null);
  shell.writeMenu(next.exports, next.run.recording);
  writeTimeline(next.timeline, next.link.state === "open");
  if (here) render($("blocks"), next.panel, page);
  property($("steer"), "hidden", !next.steer?.length);
  render($("steer-blocks"), next.steer, page);
  writeLog(next.log);
  if (before?.run.state && before.run.state !== next.run.state && next.run.live && !waiting) shell.announce(stateName(next.run.state));
}

// answered ends the wait for a control once its acknowledgement is there, or cannot come any more.
function answered(ack, link) {
  if (!waiting) return;
  if (link.state !== "open") ack = { ...ack, id: 0, op: waiting.op, ok: false, error: "the connection was lost" };
  else if (ack.id === waiting.id || ack.op !== waiting.op) return;
  const said = { pause: "Paused", resume: "Running", step: "One step made", stop: "Stopping" }[ack.op];
  shell.announce(ack.ok ? said : `${ack.op} refused: ${ack.error}`, !ack.ok);
  waiting = null;
  for (const id of ["pause", "step", "stop"]) attribute($(id), "aria-busy", null);
}

// --- the page's own controls

function listen() {
  $("pause").onclick = () => control("toggle");
  $("step").onclick = () => control("step");
  $("stop").onclick = () => control("stop");
  $("stop-dialog").addEventListener("close", () => {
    if ($("stop-dialog").returnValue === "stop") control("stop", true);
    $("stop-dialog").returnValue = "";
  });
  $("help").onclick = own.help;
  $("theme").onclick = own.theme;
  $("retry").onclick = () => post({ type: "retry" });
  $("reload").onclick = () => location.reload();
  $("copy-link").onclick = () => { $("export-menu").hidePopover(); own.link(); };
  listenClasses(index => set({ class: index }));
  listenFiles(page.open);
  listenTimeline(act);
  shell.listenShell(act);
  dark.addEventListener("change", sendView);
  reduced.addEventListener("change", sendView);
  document.addEventListener("visibilitychange", sendView);
  addEventListener("hashchange", () => manifest && set(linked()));
  addEventListener("online", () => post({ type: "retry" }));
  watchScale();
}

// watchScale lets the drawing notice that the device's pixel ratio changed: it then loads itself again.
function watchScale() {
  matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener("change", () => { sendView(); watchScale(); }, { once: true });
}

// The state that tests assert on, as JSON; null before the drawing runs.
window.retaState = () => frame.contentWindow.retaState?.() ?? null;

shell.restoreTheme();
listen();
frame.src = "canvas.html"; // now that someone listens to it
