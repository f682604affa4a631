// The view in a link, and the palette of the style sheet.

const scenes = ["images", "training", "features"];

const number = (s, lo, hi) => {
  const n = Number(s);
  return s !== "" && Number.isFinite(n) && n >= lo && n <= hi ? n : undefined;
};

// A field of the view as it stands in the link: how it is read, and what is left out.
const fields = {
  scene: { read: s => scenes.includes(s) ? s : undefined, plain: "images" },
  class: { read: s => Math.floor(number(s, 0, 1e6)) || undefined, plain: 0 },
  image: { read: s => Math.floor(number(s, 0, 1e6)) || undefined, plain: 0 },
  eps: { read: s => number(s, 0, 1e9), plain: -1 },
  sets: { read: s => ["real", "syn"].includes(s) ? s : undefined, plain: "both" },
  log: { read: s => s === "true" || undefined, plain: false },
  smooth: { read: s => number(s, 0, 0.98), plain: 0.6 },
  filter: { read: s => s.slice(0, 80), plain: "" },
};

// readLink takes what is well-formed from a location's hash.
export function readLink(hash) {
  const out = {};
  for (const [name, value] of new URLSearchParams(hash.slice(1))) {
    const read = fields[name]?.read(value);
    if (read !== undefined) out[name] = read;
  }
  return out;
}

// writeLink puts the view into the address, soon: browsers limit how often that may change.
let due = 0;
export function writeLink(view) {
  clearTimeout(due);
  due = setTimeout(() => {
    const out = new URLSearchParams();
    for (const [name, { plain }] of Object.entries(fields)) {
      if (view[name] !== plain) out.set(name, name === "eps" ? Number(view.eps.toPrecision(6)) : view[name]);
    }
    history.replaceState(null, "", out.size ? `#${out}` : location.pathname + location.search);
  }, 250);
}

const roles = ["bg", "surface", "sunken", "ink", "muted", "line", "accent", "real", "syn", "anchor",
  "ce", "bn", "topo", "total", ...Array.from({ length: 8 }, (_, i) => `group${i + 1}`)];

// resolvedPalette is the style sheet's colours, as they are in the present theme, as #rrggbb.
export function resolvedPalette() {
  const probe = document.createElement("i");
  document.body.append(probe);
  const out = {};
  for (const role of roles) {
    probe.style.color = `var(--${role})`;
    const [r, g, b] = getComputedStyle(probe).color.match(/[\d.]+/g).map(Number);
    out[role] = "#" + [r, g, b].map(v => Math.round(v).toString(16).padStart(2, "0")).join("");
  }
  probe.remove();
  return out;
}
