// Writing a report into the page. Every function only touches what changed.

const $ = id => document.getElementById(id);

function text(at, value) {
  const node = typeof at === "string" ? $(at) : at;
  if (node.textContent !== value) node.textContent = value;
}

function element(name, content = "", className = "") {
  const node = document.createElement(name);
  node.textContent = content;
  if (className) node.className = className;
  return node;
}

// rows fills a table body, reusing its cells.
function rows(body, data, head = "th") {
  while (body.rows.length > data.length) body.deleteRow(-1);
  data.forEach((cells, i) => {
    const row = body.rows[i] || body.insertRow();
    while (row.cells.length > cells.length) row.deleteCell(-1);
    cells.forEach((value, j) => {
      if (!row.cells[j]) row.append(element(j ? "td" : head));
      text(row.cells[j], value);
    });
  });
}

const states = {
  loading: "Loading", squeezing: "Training the teacher", recovering: "Distilling", paused: "Paused", done: "Done", failed: "Failed",
};

export const stateName = state => states[state] || state;

// writeRun fills the line under the header and enables the buttons.
export function writeRun({ run, link }, busy) {
  const live = link.state === "open";
  const state = live ? run.state || "loading" : link.state;
  $("pill").dataset.state = state;
  text("pill", states[state] || (state === "lost" ? "Offline" : "Connecting"));
  text("title", [run.dataset, run.recipe].filter(Boolean).join(" · "));
  text("device", [run.device, run.memory, run.name && !run.control ? "view only" : "", run.text].filter(Boolean).join("  ·  "));
  document.title = run.total ? `${Math.floor(100 * run.done / run.total)} % · reta` : "reta";

  const steps = $("steps");
  const key = `${run.done}/${run.total}`;
  if (steps.dataset.key !== key) {
    steps.dataset.key = key;
    steps.replaceChildren(run.total ? String(run.done) : "–", element("small", run.total ? ` / ${run.total}` : ""));
  }
  text("stages", run.stages ? `${run.stage || "–"} / ${run.stages}` : "–");
  const resting = ["paused", "done", "failed"].includes(state) || !live;
  text("speed", resting ? "–" : run.speed || "–");
  $("speed").nextElementSibling.hidden = resting || !run.speed;
  text("eta", resting ? "–" : run.eta || "–");

  const share = run.total ? Math.min(run.done / run.total, 1) : 0;
  const bar = $("progress");
  bar.firstElementChild.style.width = `${100 * share}%`;
  bar.setAttribute("aria-valuenow", Math.round(100 * share));
  const marks = run.phase === "squeeze" || !run.total ? [] : run.marks;
  if (bar.dataset.marks !== marks.join()) {
    bar.dataset.marks = marks.join();
    bar.replaceChildren(bar.firstElementChild, ...marks.map(step => {
      const mark = element("i");
      mark.style.left = `${100 * step / run.total}%`;
      return mark;
    }));
  }

  const may = live && run.control && ["squeezing", "recovering", "paused"].includes(run.state);
  for (const id of ["pause", "step", "stop"]) $(id).disabled = !may || busy;
  const paused = run.state === "paused";
  $("pause").classList.toggle("paused", paused);
  text($("pause").querySelector(".text"), paused ? "Resume" : "Pause");
  $("pause").setAttribute("aria-label", paused ? "Resume" : "Pause");

  const select = $("class");
  if (select.options.length !== run.classes.length && run.classes.length) {
    const chosen = Math.max(0, Number(new URLSearchParams(location.hash.slice(1)).get("class")) || 0);
    select.replaceChildren(...run.classes.map(name => element("option", name)));
    select.disabled = false;
    select.selectedIndex = Math.min(chosen, run.classes.length - 1);
  }
}

export function writeBanner(link, run) {
  const lost = link.state === "lost", known = Boolean(run.state);
  const broken = !lost && run.state === "failed";
  $("banner").hidden = !lost && !broken;
  $("banner").classList.toggle("bad", broken);
  $("retry").hidden = broken;
  $("stage").classList.toggle("stale", lost && known);
  if (broken) text("banner-text", `The run failed: ${run.text || "the server's log says why"}`);
  if (!lost) return;
  const why = link.error ? ` (${link.error})` : "";
  const when = link.retry ? `next try in ${link.retry} s` : "trying now";
  text("banner-text", known ? `Connection lost${why}; what you see is the last that came. Reconnecting, ${when}.`
    : `No answer from the server${why}. Is it running? ${when[0].toUpperCase()}${when.slice(1)}.`);
}

export function writeEmpty(empty) {
  $("empty").hidden = !empty;
  if (!empty) return;
  text($("empty").querySelector(".head"), empty.head);
  text($("empty").querySelector(".body"), empty.body);
}

export function writePanel(report, view) {
  ({ images, training, features })[report.view.scene]?.(report, view);
  const data = document.querySelector(`[data-panel="${report.view.scene}"] details.data table`);
  if (data && report.table) {
    const [head, ...body] = report.table;
    if (!data.tHead || data.tHead.textContent !== head.join("")) {
      data.replaceChildren(element("thead"), element("tbody"));
      data.tHead.append(element("tr"));
      data.tHead.firstChild.append(...head.map(name => element("th", name)));
    }
    rows(data.tBodies[0], body, "td");
  }
}

function images({ image }) {
  text("image-name", image ? image.name : "No image chosen");
  $("image-hint").hidden = Boolean(image?.moment);
  text("image-hint", image ? "Its anchor, fit and complexity appear here once a stage has ended." : "Choose a tile by pointing at it, or with the arrow keys.");
  $("image-facts").hidden = !image?.moment;
  $("wipe-field").hidden = !image?.moment;
  if (!image?.moment) return;
  text("anchor-id", image.anchor || "–");
  text("fit", image.fit);
  text("complexity", image.complexity);
  text("alpha", image.alpha);
  text("injected", image.injected);
}

function training({ training: t }) {
  $("chart").hidden = !t.both;
  text("readout-caption", t.title);
  const body = $("readout");
  rows(body, t.rows.map(row => [row.name, row.value]));
  t.rows.forEach((row, i) => {
    const cell = body.rows[i].cells[0];
    if (!cell.querySelector(`.${row.role}`)) cell.replaceChildren(element("span", "", `swatch ${row.role}`), row.name);
  });
  $("stage-ends").hidden = !t.ends;
  if (t.ends) rows($("stage-ends").querySelector("tbody"), t.ends, "td");
  const result = $("result");
  result.hidden = !t.result;
  if (t.result && result.dataset.key !== JSON.stringify(t.result)) {
    result.dataset.key = JSON.stringify(t.result);
    const list = element("dl", "", "facts");
    for (const row of t.result) {
      const item = element("div");
      item.append(element("dt", row.name), element("dd", row.value));
      list.append(item);
    }
    result.replaceChildren(element("h3", "Result"), list);
  }
}

function features({ features: f }) {
  $("filtration").hidden = !f?.bars;
  $("reason").hidden = !f?.reason;
  if (!f) {
    text("features-class", "The chosen class");
    return;
  }
  text("features-class", f.class);
  text("reason", f.reason);
  text("eps-value", f.epsText);
  text("kappa", f.kappa);
  text("variance", f.variance);
  text("k", `k = ${f.k}`);
  text("n", f.n);
  const eps = $("eps");
  eps.max = f.epsMax;
  if (document.activeElement !== eps || Math.abs(eps.valueAsNumber - f.eps) > 1e-3 * f.epsMax) eps.value = f.eps;
  eps.setAttribute("aria-valuetext", f.epsText);
  rows($("complex"), f.rows);
  const key = `${f.epsMax} ${f.real} ${f.syn}`;
  const ticks = $("ticks");
  if (ticks.dataset.key !== key) {
    ticks.dataset.key = key;
    ticks.replaceChildren(...[["real", f.real, 0, 6.5], ["syn", f.syn, 7.5, 14]].map(([name, at, y0, y1]) => {
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("class", name);
      path.setAttribute("d", (at || []).map(e => `M${(1000 * e / f.epsMax).toFixed(1)} ${y0}V${y1}`).join(""));
      return path;
    }));
  }
}

export function writeLog(lines) {
  const list = $("diary"), key = lines.length ? `${lines.length} ${lines[0].unix} ${lines[0].text}` : "";
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.parentElement.hidden = !lines.length;
  list.replaceChildren(...lines.map(line => {
    const item = element("li", "", line.level);
    item.append(element("time", line.unix ? new Date(line.unix).toLocaleTimeString([], { hour12: false }) : ""), element("span", line.text));
    return item;
  }));
}

// announce says something to those who listen, and to those who look, once a second at most.
let last = 0, pending = 0;
export function announce(words, bad = false) {
  clearTimeout(pending);
  pending = setTimeout(() => {
    last = performance.now();
    const live = $("live");
    live.textContent = words;
    live.classList.toggle("bad", bad);
    live.classList.add("shown");
    setTimeout(() => live.classList.remove("shown"), 2600);
  }, Math.max(0, 1000 - (performance.now() - last)));
}
