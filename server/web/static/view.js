// The view's parameters in a link, and the palette of the style sheet.

// readLink takes what is well-formed from a location's hash; parameters that it does not name have their defaults.
export function readLink(hash, params) {
  const named = new URLSearchParams(hash.slice(1)), out = {};
  for (const [name, p] of Object.entries(params)) {
    if (!p.link) continue;
    const value = named.has(name) ? read(named.get(name), p) : undefined;
    out[name] = value === undefined ? p.default : value;
  }
  return out;
}

function read(s, { kind, min, max }) {
  if (kind === "text") return s.slice(0, 200);
  if (kind === "flag") return { true: true, false: false }[s];
  const n = Number(s);
  return s.trim() && Number.isFinite(n) && n >= (min ?? -Infinity) && n <= (max ?? Infinity) ? n : undefined;
}

const written = value => typeof value === "number" ? Number(value.toPrecision(6)) : typeof value === "string" ? value.slice(0, 200) : value;

// writeLink puts the view into the address, soon: browsers limit how often that may change.
let due = 0;
export function writeLink(values, params) {
  clearTimeout(due);
  due = setTimeout(() => {
    const out = new URLSearchParams();
    for (const [name, p] of Object.entries(params)) {
      if (p.link && name in values && values[name] !== p.default) out.set(name, written(values[name]));
    }
    const hash = out.size ? `#${out}` : "";
    if (location.hash !== hash) history.replaceState(null, "", hash || location.pathname + location.search);
  }, 250);
}

const roles = ["bg", "surface", "sunken", "ink", "muted", "line", "accent", "real", "syn", "anchor", "ce", "bn", "topo", "total",
  "good", "warn", "bad", ...Array.from({ length: 8 }, (_, i) => `group${i + 1}`)];

// resolvedPalette is the style sheet's colours, as they are in the present theme, as #rrggbb.
// They are asked for with every view, and change with the theme alone.
let palette = {}, of = "";
export function resolvedPalette() {
  const theme = `${document.documentElement.dataset.theme} ${matchMedia("(prefers-color-scheme: dark)").matches} ${matchMedia("(forced-colors: active)").matches}`;
  if (theme === of) return palette;
  const probe = document.createElement("i");
  document.body.append(probe);
  const out = {};
  for (const role of roles) {
    probe.style.color = `var(--${role})`;
    const [r, g, b] = getComputedStyle(probe).color.match(/[\d.]+/g).map(Number);
    out[role] = "#" + [r, g, b].map(v => Math.round(v).toString(16).padStart(2, "0")).join("");
  }
  probe.remove();
  [palette, of] = [out, theme];
  return out;
}
