// The line about the run under the header, its buttons, the menu of classes, and the log.

import { $, element, text, attribute, property, several, changed } from "./dom.js";

const states = {
  loading: "Loading", squeezing: "Training the teacher", recovering: "Distilling", relabelling: "Making soft labels", evaluating: "Training students",
  paused: "Paused", done: "Done", failed: "Failed", recorded: "Recording",
};
const working = ["squeezing", "recovering", "relabelling", "evaluating"];
const links = { lost: "Offline", refused: "Refused", connecting: "Connecting" };

export const stateName = state => states[state] || state;

// mayControl reports whether the run's buttons can do something.
export const mayControl = ({ run, link }) => link.state === "open" && run.live && run.control &&
  [...working, "paused"].includes(run.state);

// writeRun fills the line under the header and enables the buttons.
export function writeRun(report, busy) {
  const { run, link } = report;
  const known = Boolean(run.state || run.name), recorded = known && !run.live;
  const state = recorded ? "recorded" : link.state !== "open" ? link.state : run.state || "loading";
  property($("run"), "hidden", !known && !run.live && !links[link.state]);
  attribute($("pill"), "data-state", state);
  text($("pill"), states[state] ?? links[state] ?? state);
  text($("title"), [run.dataset, run.recipe].filter(Boolean).join(" · "));
  attribute($("title"), "title", $("title").textContent);
  text($("device"), [run.device, run.memory, run.live && run.name && !run.control ? "view only" : "", run.text].filter(Boolean).join("  ·  "));
  document.title = run.live && run.total ? `${Math.floor(100 * run.done / run.total)} % · reta` : "reta";

  text($("steps").previousElementSibling, run.parts ? "Parts" : "Step");
  if (changed($("steps"), `${run.done}/${run.total}`)) {
    $("steps").replaceChildren(run.total ? String(run.done) : "–", element("small", "", run.total ? ` / ${run.total}` : ""));
  }
  text($("stages"), run.stages ? `${run.stage || "–"} / ${run.stages}` : "–");
  const resting = !working.includes(state);
  text($("speed"), resting ? "–" : run.speed || "–");
  property($("speed").nextElementSibling, "hidden", resting || !run.speed);
  text($("eta"), resting ? "–" : run.eta || "–");
  for (const id of ["speed", "eta"]) property($(id).closest("div"), "hidden", recorded);
  writeProgress(run);
  writeButtons(report, busy);
  writeClasses(run.classes ?? []);
}

function writeProgress(run) {
  const share = run.total ? Math.min(run.done / run.total, 1) : 0, bar = $("progress");
  bar.firstElementChild.style.width = `${100 * share}%`;
  attribute(bar, "aria-valuenow", String(Math.round(100 * share)));
  const marks = ["squeeze", "relabel", "evaluate"].includes(run.phase) || run.parts || !run.total ? [] : run.marks ?? []; // they are steps of recover
  several(bar.lastElementChild, marks, () => element("i"), (mark, step) => { mark.style.left = `${100 * step / run.total}%`; });
}

function writeButtons(report, busy) {
  const paused = report.run.state === "paused", name = paused ? "Resume" : "Pause";
  property($("controls"), "hidden", !report.run.live);
  for (const id of ["pause", "step", "stop"]) property($(id), "disabled", !mayControl(report) || busy);
  $("pause").classList.toggle("paused", paused);
  text($("pause").querySelector(".text"), name);
  attribute($("pause"), "aria-label", name);
}

// Above this number of classes the menu is a field one can search in.
const searchable = 60;

// listenClasses calls chosen with the index of the class that the user picks.
export function listenClasses(chosen) {
  $("class").onchange = () => chosen($("class").selectedIndex);
  const field = $("class-name");
  field.onfocus = () => field.select();
  field.onchange = () => {
    const at = (field.names ?? []).indexOf(field.value);
    if (at >= 0) chosen(at);
    else field.value = field.names?.[field.chosen] ?? "";
  };
}

function writeClasses(names) {
  const field = $("class-name"), select = $("class"), long = names.length > searchable;
  property($("classes"), "hidden", !names.length);
  property(select, "hidden", long);
  property(field, "hidden", !long);
  if (!changed(select, names.join("\n"))) return;
  field.names = names;
  const options = names.map(name => new Option(name, name));
  select.replaceChildren(...(long ? [] : options));
  $("class-names").replaceChildren(...(long ? options : []));
  writeClass(field.chosen ?? 0);
}

// writeClass shows which class is chosen.
export function writeClass(index) {
  const field = $("class-name"), name = field.names?.[index] ?? "";
  field.chosen = index;
  property($("class"), "selectedIndex", Math.min(index, $("class").options.length - 1));
  if (document.activeElement !== field) property(field, "value", name);
  for (const menu of [field, $("class")]) attribute(menu, "title", name);
}

export function writeLog(lines) {
  property($("log"), "hidden", !lines?.length);
  several($("log").querySelector("ol"), lines, () => element("li", "", element("time"), element("span")), (item, line) => {
    const [when, words] = item.children;
    attribute(item, "class", line.level);
    text(when, line.unix ? new Date(line.unix).toLocaleTimeString([], { hour12: false }) : "");
    text(words, line.text);
  });
}
