// The keyboard map, as the drawing's program gives it; the help that shows it, and the switch that turns it off.

import { $, element } from "./dom.js";

// listenKeys binds the manifest's keys and returns the handler for keys the frame passes on.
export function listenKeys({ keys, scenes }, { scene, act, show }) {
  const rows = keys.map(row => ({ ...row, keys: row.keys.map(key => key.toLowerCase()) }));
  writeHelp(keys, scenes);
  const on = $("shortcuts");
  try { on.checked = localStorage.getItem("shortcuts") !== "off"; } catch { /* private mode */ }
  on.onchange = () => {
    try { localStorage.setItem("shortcuts", on.checked ? "on" : "off"); } catch { /* private mode */ }
  };
  const press = key => {
    if (!on.checked || document.querySelector("dialog[open], :popover-open")) return false;
    const name = key.toLowerCase(); // as the manifest writes them
    const fits = rows.filter(row => row.keys.includes(name));
    const row = fits.find(r => r.scene === scene()) ?? fits.find(r => !r.scene);
    if (!row) return false;
    if (row.act === "scene") show(row.arg); else act(row.act, row.arg);
    return true;
  };
  addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const at = event.target instanceof Element ? event.target : document.body;
    if (at.matches("input:not([type=range], [type=checkbox], [type=radio]), select, textarea")) {
      if (event.key === "Escape") at.blur();
      return;
    }
    const own = at.matches("input, .scroll") ? /^(Arrow|Home|End|Page| )/ : at.matches("button, summary, a, [role=tab]") ? /^( |Enter)/ : null;
    if (own?.test(event.key)) return;
    if (press(event.key)) event.preventDefault();
  });
  return press;
}

function writeHelp(keys, scenes) {
  const groups = [["Everywhere", keys.filter(k => !k.scene)], ...scenes.map(s => [s.title, keys.filter(k => k.scene === s.name)])];
  const shown = groups.map(([title, list]) => [title, list.filter(k => k.show)]).filter(([, list]) => list.length);
  $("keys").replaceChildren(...shown.map(([title, list]) => {
    const table = element("dl", "keys");
    for (const { show, say } of list) {
      const term = element("dt");
      for (const key of show.split(" ")) term.append(key === "–" ? "– " : element("kbd", "", key), " ");
      table.append(element("div", "", term, element("dd", "", say)));
    }
    return element("section", "", element("h3", "", title), table);
  }));
}
