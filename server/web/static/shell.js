// The page around drawing and panel: tabs, banners, what stands in for a drawing, the menu of files, announcements, theme.

import { $, element, text, attribute, property, several, changed } from "./dom.js";

// makeTabs makes the strip of scenes; a divider stands where the group changes.
export function makeTabs(scenes, show) {
  const strip = $("tabs"), list = [];
  strip.replaceChildren();
  scenes.forEach((scene, i) => {
    if (i && scene.group !== scenes[i - 1].group) strip.append(element("i", "divider"));
    const tab = element("button", "", scene.title);
    tab.id = `tab-${scene.name}`;
    tab.role = "tab";
    tab.type = "button";
    if (scene.key) tab.title = `${scene.title} (${scene.key})`;
    attribute(tab, "aria-controls", "stage");
    tab.onclick = () => show(scene.name);
    tab.onkeydown = event => {
      const to = {
        ArrowRight: list[(i + 1) % list.length], ArrowLeft: list[(i - 1 + list.length) % list.length],
        Home: list[0], End: list.at(-1),
      }[event.key];
      if (!to) return;
      to.focus();
      to.click();
      event.preventDefault();
    };
    list.push(tab);
    strip.append(tab);
  });
  attribute(strip, "aria-busy", null);
}

// writeTabs lights the scene's tab and brings it into sight.
export function writeTabs(scenes, name) {
  if (!changed($("tabs"), name)) return;
  for (const scene of scenes) {
    const tab = $(`tab-${scene.name}`), on = scene.name === name;
    attribute(tab, "aria-selected", String(on));
    tab.tabIndex = on ? 0 : -1;
    if (!on) continue;
    attribute($("stage"), "aria-labelledby", tab.id);
    text($("scene"), scene.title);
    document.body.classList.toggle("learning", scene.group === "learn");
    $("tabs").scrollTo({ left: tab.offsetLeft - ($("tabs").clientWidth - tab.offsetWidth) / 2 });
  }
  $("panel").scrollTop = 0;
}

// writeBanner shows a lost connection or a failed run.
export function writeBanner(link, run) {
  const refused = link.state === "refused", lost = refused || link.state === "lost", known = Boolean(run.state);
  const broken = !lost && run.live && run.state === "failed";
  property($("banner"), "hidden", !lost && !broken);
  $("banner").classList.toggle("bad", broken);
  property($("retry"), "hidden", broken);
  text($("banner-when"), !lost ? "" : link.retry ? `Next try in ${link.retry} s` : "Trying now");
  $("stage").classList.toggle("stale", lost && known && run.live);
  if (broken) text($("banner-text"), `The run failed: ${run.text || "the server's log says why"}`);
  if (!lost) return;
  if (refused) return text($("banner-text"), `The server refuses this page: ${link.error}`);
  const why = link.error ? ` (${link.error})` : "";
  text($("banner-text"), known ? `Connection lost${why}; what you see is the last that came. Reconnecting.`
    : `No answer from the server${why}. Is it running?`);
}

function writeAct(button, { act, arg, label } = {}) {
  property(button, "hidden", !act);
  text(button, label);
  attribute(button, "data-act", act);
  attribute(button, "data-arg", arg);
}

// writeNotice shows a notice until the user closes it.
let closed = "";
export function writeNotice(notice) {
  const key = notice?.text ?? "";
  if (!key) closed = "";
  property($("notice"), "hidden", !key || key === closed);
  if (!key) return;
  $("notice").classList.toggle("bad", Boolean(notice.bad));
  text($("notice-text"), key);
  writeAct($("notice-act"), notice);
}

// writeEmpty says why there is nothing to draw.
export function writeEmpty(empty) {
  property($("empty"), "hidden", !empty);
  if (!empty) return;
  text($("empty").querySelector(".head"), empty.head);
  text($("empty").querySelector(".body"), empty.body);
  writeAct($("empty-act"), empty);
}

const formats = {
  png: "Picture of the drawing (PNG)", svg: "Drawing to print (SVG)", csv: "Data of this view (CSV)", json: "Data of this view (JSON)",
};

// writeMenu lists what can be saved now.
export function writeMenu(exports, recording) {
  several($("saves"), exports, () => {
    const button = element("button");
    button.type = "button";
    return button;
  }, (button, name) => {
    text(button, formats[name] ?? `Save as ${name.toUpperCase()}`);
    attribute(button, "data-act", `save:${name}`);
  });
  const at = recording ? new URL(recording, location.href) : null;
  property($("recording"), "hidden", at?.origin !== location.origin);
  attribute($("recording"), "href", at?.origin === location.origin && recording);
}

// listenShell lets every button with an act say it, and the menu stand under its button.
export function listenShell(act) {
  for (const id of ["notice", "empty", "saves"]) {
    $(id).addEventListener("click", ({ target }) => {
      const button = target.closest("[data-act]");
      if (!button) return;
      act(button.dataset.act, button.dataset.arg);
      if (id === "saves") $("export-menu").hidePopover();
    });
  }
  $("notice-close").onclick = () => {
    closed = $("notice-text").textContent;
    $("notice").hidden = true;
  };
  const menu = $("export-menu");
  menu.addEventListener("beforetoggle", ({ newState }) => {
    const box = $("export").getBoundingClientRect();
    menu.style.top = `${box.bottom + 6}px`;
    menu.style.right = `${Math.max(8, document.documentElement.clientWidth - box.right)}px`;
    attribute($("export"), "aria-expanded", String(newState === "open"));
  });
  addEventListener("blur", () => menu.hidePopover()); // a click into the drawing
}

// announce says something to those who listen, and to those who look, once a second at most.
let last = 0, pending = 0, fading = 0;
export function announce(words, bad = false) {
  clearTimeout(pending);
  pending = setTimeout(() => {
    last = performance.now();
    const live = $("live");
    live.textContent = words;
    live.classList.toggle("bad", bad);
    live.classList.add("shown");
    clearTimeout(fading);
    fading = setTimeout(() => live.classList.remove("shown"), 2200 + 40 * words.length);
  }, Math.max(0, 1000 - (performance.now() - last)));
}

const began = performance.now();

export function loading({ share, bytes }) {
  $("loading-bar").value = share;
  if (performance.now() - began > 1000) {
    text($("loading-text"), `Loading the viewer, ${(bytes / 1e6).toFixed(1)} MB${share < 1 ? "" : ", starting it"}`);
  }
}

export function loaded() {
  performance.mark("drawn");
  $("loading").classList.add("gone");
  setTimeout(() => { $("loading").hidden = $("loading").classList.contains("gone"); }, 300); // when it has faded
}

export function failed(words) {
  const began = performance.getEntriesByName("drawn").length > 0;
  console.error(words);
  $("loading").classList.remove("gone");
  $("loading").hidden = false;
  $("loading").classList.add("failed");
  $("reload").hidden = false;
  text($("loading-text"), began ? `The viewer stopped: ${words}. What you chose is kept in the address.` : `The viewer could not start: ${words}`);
}

const dark = matchMedia("(prefers-color-scheme: dark)");

export function restoreTheme() {
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch { /* private mode */ }
}

export function toggleTheme() {
  const root = document.documentElement;
  root.dataset.theme = (root.dataset.theme || (dark.matches ? "dark" : "light")) === "dark" ? "light" : "dark";
  try { localStorage.setItem("theme", root.dataset.theme); } catch { /* private mode */ }
}
