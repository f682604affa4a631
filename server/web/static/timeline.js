// The transport under the drawing: one position in time for all scenes, live or recorded. The page moves the slider only
// where the report says so; while the user holds it, it is the user's.

import { $, element, text, attribute, property, several, changed } from "./dom.js";

let now = {};        // of the newest report
let dragging = false;
let held = 0;        // until when the slider waits for the step it asked for
let typed = false;   // in the field of the step
let act = () => {};

const at = step => now.last > now.first ? 100 * (step - now.first) / (now.last - now.first) : 0;
const slider = () => $("time-slider");

// nearest is the resting place closest to a step.
function nearest(step) {
  const rests = now.rests ?? [];
  if (!rests.length) return Math.round(step);
  const i = after(step - 1);
  const [a, b] = [rests[i - 1], rests[i]];
  return a === undefined || b !== undefined && b - step < step - a ? b : a;
}

// after is the index of the first resting place beyond a step.
function after(step) {
  const rests = now.rests ?? [];
  let lo = 0, hi = rests.length;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (rests[mid] > step) hi = mid; else lo = mid + 1;
  }
  return lo;
}

// seek asks for a step, ten times a second at most; the last one asked for always goes out.
let due = 0, sent = 0, asked = null;
function seek(step) {
  if (step === asked && (dragging || performance.now() < held)) return;
  asked = step;
  held = performance.now() + 1500;
  clearTimeout(due);
  due = setTimeout(() => {
    sent = performance.now();
    act("time:seek", step);
  }, Math.max(0, 100 - (performance.now() - sent)));
}

function move(step) {
  slider().value = step;
  seek(step);
  writeStep(step);
}

const words = step => {
  const band = (now.bands ?? []).find(b => step >= b.from && step <= b.to);
  const marks = (now.marks ?? []).filter(m => m.at === step).map(m => m.text);
  return [`step ${step}`, band?.label, ...marks].filter(Boolean);
};

function writeStep(step) {
  if (!typed) property($("time-step"), "value", String(step));
  attribute(slider(), "aria-valuetext", `${words(step).join(", ")}, of ${now.last}`);
  $("time-track").style.setProperty("--at", `${at(step)}%`);
}

// onKey moves from resting place to resting place; a page is a tenth of them.
function onKey(event) {
  const rests = now.rests ?? [], step = slider().valueAsNumber;
  const many = Math.max(1, Math.round((rests.length || now.last - now.first) / 10));
  const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: many, PageDown: -many }[event.key];
  const end = { Home: now.first, End: now.last }[event.key];
  if (by === undefined && end === undefined) return;
  event.preventDefault();
  if (end !== undefined) return move(nearest(end));
  if (!rests.length) return move(Math.min(Math.max(step + by, now.first), now.last));
  const i = by > 0 ? after(step) - 1 + by : after(step - 1) + by;
  move(rests[Math.min(Math.max(i, 0), rests.length - 1)]);
}

// onPoint shows what lies under the pointer.
function onPoint({ clientX }) {
  const box = $("time-track").getBoundingClientRect();
  const share = Math.min(Math.max((clientX - box.left) / box.width, 0), 1);
  const step = now.first + share * (now.last - now.first);
  const reach = 5 * (now.last - now.first) / box.width;
  const mark = (now.marks ?? []).reduce((best, m) => Math.abs(m.at - step) < Math.abs((best?.at ?? Infinity) - step) ? m : best, null);
  const to = mark && Math.abs(mark.at - step) < reach ? mark.at : nearest(step);
  text($("time-tip"), words(to).join(" · "));
  property($("time-tip"), "hidden", false);
  const half = $("time-tip").getBoundingClientRect().width / 2 / box.width;
  $("time-tip").style.left = `${100 * Math.min(Math.max(share, half), 1 - half)}%`;
}

// listenTimeline binds the controls to an act's sender.
export function listenTimeline(send) {
  act = send;
  for (const name of ["back", "forward"]) $(`time-${name}`).onclick = () => act(`time:${name}`);
  $("time-play").onclick = () => act("time:play");
  $("time-live").onclick = () => act("time:live");
  $("time-loop").onclick = () => act("time:loop");
  $("time-speed").onchange = () => act("time:speed", Number($("time-speed").value));
  const release = () => { dragging = false; };
  slider().onpointerdown = () => {
    dragging = true;
    asked = null;
    addEventListener("pointerup", release, { once: true });
  };
  slider().onchange = slider().onblur = slider().onpointercancel = release;
  slider().oninput = () => move(nearest(slider().valueAsNumber));
  slider().onkeydown = onKey;
  slider().onpointermove = onPoint;
  slider().onpointerleave = () => { $("time-tip").hidden = true; };
  const field = $("time-step");
  field.oninput = () => { typed = true; };
  field.onblur = () => { typed = false; writeStep(slider().valueAsNumber); };
  field.onchange = () => {
    typed = false;
    if (Number.isFinite(field.valueAsNumber)) move(nearest(Math.min(Math.max(field.valueAsNumber, now.first), now.last)));
  };
}

// writeTimeline shows a report's position; connected reports whether the run can be followed just now.
export function writeTimeline(timeline, connected) {
  property($("time"), "hidden", !timeline?.shown);
  if (!timeline?.shown) return;
  now = timeline;
  const input = slider();
  attribute(input, "min", String(now.first));
  attribute(input, "max", String(now.last));
  attribute($("time-step"), "min", String(now.first));
  attribute($("time-step"), "max", String(now.last));
  text($("time-of"), `of ${now.last}`);
  if (now.step === input.valueAsNumber) held = 0;
  if (!dragging && (performance.now() >= held || now.playing)) {
    if (input.valueAsNumber !== now.step) input.value = now.step;
    writeStep(now.step);
  }
  const still = now.last <= now.first;
  for (const name of ["slider", "play", "back", "forward", "step"]) property($(`time-${name}`), "disabled", still);
  attribute($("time-play"), "aria-label", now.playing ? "Stop playing" : "Play");
  attribute($("time-play"), "title", now.playing ? "Stop playing" : "Play what was recorded");
  $("time-play").classList.toggle("on", Boolean(now.playing));
  attribute($("time-loop"), "aria-pressed", String(Boolean(now.loop)));
  text($("time-live").querySelector(".text"), now.live ? "Live" : "End");
  attribute($("time-live"), "title", now.live ? "Follow the run" : "Go to the end");
  attribute($("time-live"), "aria-pressed", String(Boolean(now.following)));
  $("time-live").classList.toggle("following", Boolean(now.live && now.following && connected));
  attribute($("time"), "aria-busy", now.busy ? "true" : null);
  text($("time-note"), now.note);
  attribute($("time-note"), "title", now.note);
  writeSpeed(now.speed || 1);
  writeTrack();
}

function writeSpeed(speed) {
  const menu = $("time-speed");
  if (![...menu.options].some(o => Number(o.value) === speed)) menu.add(new Option(`${speed}×`, speed));
  property(menu, "value", String(speed));
}

function writeTrack() {
  if (!changed($("time-track"), JSON.stringify([now.first, now.last, now.bands, now.marks]))) return;
  several($("time-bands"), now.bands, () => element("span"), (band, { from, to, label }) => {
    band.style.left = `${at(Math.max(from, now.first))}%`;
    band.style.width = `${at(Math.min(to, now.last)) - at(Math.max(from, now.first))}%`;
    text(band, label);
  });
  several($("time-marks"), now.marks, () => element("i"), (mark, m) => {
    attribute(mark, "data-kind", m.kind);
    mark.style.left = `${at(m.at)}%`;
  });
}
