// The keyboard map: one table for keys, help and scenes.

const table = [
  { keys: [" "], show: "Space", say: "pause or resume", act: a => a.pause() },
  { keys: ["."], show: ".", say: "one step", act: a => a.step() },
  { keys: ["1"], show: "1 2 3", say: "images, training, feature space", act: a => a.scene("images") },
  { keys: ["2"], act: a => a.scene("training") },
  { keys: ["3"], act: a => a.scene("features") },
  { keys: ["ArrowRight"], show: "← → ↑ ↓", say: "choose an image", scene: "images", act: a => a.next() },
  { keys: ["ArrowLeft"], scene: "images", act: a => a.previous() },
  { keys: ["ArrowDown"], scene: "images", act: a => a.down() },
  { keys: ["ArrowUp"], scene: "images", act: a => a.up() },
  { keys: ["+", "="], show: "+ − 0", say: "larger, smaller, all", scene: "images", act: a => a.zoomIn() },
  { keys: ["-"], scene: "images", act: a => a.zoomOut() },
  { keys: ["0"], scene: "images", act: a => a.reset() },
  { keys: ["f"], show: "F", say: "show classes by name", act: a => a.filter() },
  { keys: ["l"], show: "L", say: "logarithmic axis", scene: "training", act: a => a.log() },
  { keys: ["["], show: "[ ]", say: "previous, next birth or death", scene: "features", act: a => a.previousEvent() },
  { keys: ["]"], scene: "features", act: a => a.nextEvent() },
  { keys: ["p"], show: "P", say: "let ε grow", scene: "features", act: a => a.grow() },
  { keys: ["g"], show: "G", say: "choose the class", act: a => a.class() },
  { keys: ["t"], show: "T", say: "light or dark", act: a => a.theme() },
  { keys: ["?"], show: "?", say: "this help", act: a => a.help() },
];

// listenKeys binds the table and returns the handler for keys the frame passes on.
export function listenKeys(actions, scene) {
  const on = document.getElementById("shortcuts");
  const help = document.getElementById("keys");
  for (const row of table.filter(row => row.show)) {
    const term = document.createElement("dt"), what = document.createElement("dd");
    for (const key of row.show.split(" ")) {
      const kbd = document.createElement("kbd");
      kbd.textContent = key;
      term.append(kbd, " ");
    }
    what.textContent = row.say;
    help.append(term, what);
  }
  const press = key => {
    if (!on.checked || document.querySelector("dialog[open]")) return false;
    const row = table.find(row => row.keys.includes(key.length === 1 ? key.toLowerCase() : key) && (!row.scene || row.scene === scene()));
    row?.act(actions);
    return Boolean(row);
  };
  addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const at = event.target;
    if (at.matches("input[type=search], select")) {
      if (event.key === "Escape") at.blur();
      return;
    }
    const own = at.matches("input") ? /^(Arrow|Home|End|Page| )/ : at.matches("button, summary, a, [role=tab]") ? /^( |Enter)/ : null;
    if (own?.test(event.key)) return;
    if (press(event.key)) event.preventDefault();
  });
  return press;
}
