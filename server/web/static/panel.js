// The panel beside the drawing, from blocks: a block is [kind, content], as the drawing's program sends it. Nodes are kept
// from one report to the next, matched by the block's id or parameter, or by its kind and its place among its kind.

import { element, attribute, property } from "./dom.js";
import { marked } from "./markup.js";
import * as readings from "./readings.js";
import * as controls from "./controls.js";

const { lede, paragraph: text, note, reason, heading, buttons, facts, table, legend } = readings;
const { range, choice, toggle, search, number, area, file } = controls;
const kinds = {
  lede, text, note, reason, heading, buttons, facts, table, legend,
  range, choice, toggle, search, number, area, file, card, details,
};
const unknown = new Set();

// render makes a box show the blocks.
export function render(box, blocks, page) {
  const counts = {}, wanted = [];
  for (const [kind, content] of blocks ?? []) {
    if (!Object.hasOwn(kinds, kind) || content === null) {
      if (!unknown.has(kind)) console.warn(`the panel does not know a block of kind ${kind}`);
      unknown.add(kind);
      continue;
    }
    const name = `${kind} ${content.id ?? content.param ?? content.act ?? ""}`;
    counts[name] = (counts[name] ?? 0) + 1;
    wanted.push({ key: `${name} ${counts[name]}`, kind, content });
  }
  const known = box.parts ??= new Map();
  const keys = new Set(wanted.map(w => w.key));
  for (const [key, part] of known) {
    if (keys.has(key)) continue;
    part.node.remove();
    known.delete(key);
  }
  let before = box.firstElementChild;
  for (const { key, kind, content } of wanted) {
    if (!known.has(key)) known.set(key, kinds[kind](page));
    const part = known.get(key);
    if (part.node === before) before = before.nextElementSibling;
    else box.insertBefore(part.node, before);
    part.write(content);
  }
}

// clear empties a box, so that another scene's blocks do not inherit focus or places.
export function clear(box) {
  box.parts = new Map();
  box.replaceChildren();
}

function card(page) {
  const title = element("h3"), pair = element("div", "pair"), box = element("div", "blocks");
  const head = element("div", "row", title, pair);
  return {
    node: element("section", "card", head, box),
    write(block) {
      property(head, "hidden", !block.title && !block.buttons?.length);
      marked(title, block.title);
      readings.writeButtons(pair, block.buttons, page);
      render(box, block.blocks, page);
    },
  };
}

function details(page) {
  const summary = element("summary"), box = element("div", "blocks");
  const node = element("details", "", summary, box);
  let id = null;
  node.addEventListener("toggle", () => {
    if (page.opened.get(id) === node.open) return;
    page.opened.set(id, node.open);
    page.looked();
  });
  return {
    node,
    write(block) {
      if (id !== block.id) {
        id = block.id;
        attribute(node, "data-id", id);
        if (!page.opened.has(id)) {
          page.opened.set(id, Boolean(block.open));
          if (block.open) page.looked();
        }
        node.open = page.opened.get(id);
      }
      marked(summary, block.label);
      render(box, block.blocks, page);
    },
  };
}
