// The blocks of a panel that are read: texts, facts, tables, legends; and the buttons that go with them.
// Each kind is a function of the page that makes a node and says how a block is written into it.

import { element, drawn, text, attribute, property, several, changed } from "./dom.js";
import { marked } from "./markup.js";

const words = (tag, className) => () => {
  const node = element(tag, className);
  return { node, write: content => marked(node, content) };
};

export const lede = words("p", "lede");
export const paragraph = words("p", "text");
export const note = words("p", "note");
export const reason = words("p", "reason");
export const heading = words("h3", "heading");

// writeButtons fills a row with buttons.
export function writeButtons(row, list, page) {
  several(row, list, () => {
    const button = element("button");
    button.type = "button";
    button.onclick = () => page.act(button.dataset.act, button.dataset.arg);
    return button;
  }, (button, b) => {
    attribute(button, "data-act", b.act);
    attribute(button, "data-arg", b.arg);
    text(button, b.label);
    attribute(button, "title", b.title);
    attribute(button, "aria-label", b.name);
    attribute(button, "aria-pressed", b.pressed === undefined ? null : String(b.pressed));
    property(button, "disabled", Boolean(b.disabled));
    property(button, "className", [b.primary && "primary", b.danger && "danger", b.label.length < 3 && "square"].filter(Boolean).join(" "));
  });
}

export function buttons(page) {
  const node = element("div", "buttons");
  return { node, write: list => writeButtons(node, list, page) };
}

function swatch(cell, role) {
  const has = cell.querySelector(":scope > .swatch");
  if (!role) return has?.remove();
  const sign = has ?? element("i", "swatch");
  sign.dataset.role = role;
  if (!has) cell.prepend(sign);
}

export function facts() {
  const node = element("dl", "facts");
  return {
    node,
    write: list => several(node, list, () => element("div", "", element("dt", "", element("span")), element("dd")), (item, fact) => {
      const [term, value] = item.children;
      attribute(item, "class", fact.wide && "wide");
      attribute(term, "title", fact.title);
      marked(term.lastElementChild, fact.name);
      swatch(term, fact.role);
      marked(value, fact.value);
    }),
  };
}

export function table(page) {
  const caption = element("caption"), head = element("tr"), body = element("tbody");
  const thead = element("thead", "", head);
  const grid = element("table", "", caption, thead, body);
  const node = element("div", "table", grid);
  let block = {};
  const rowButton = () => {
    const button = element("button", "rowlink");
    button.type = "button";
    button.onclick = () => page.act(block.act, block.args?.[button.closest("tr").sectionRowIndex]);
    return button;
  };
  const writeHead = (cell, value, row) => {
    if (changed(cell, Boolean(block.act))) cell.replaceChildren(block.act ? rowButton() : element("span"));
    const words = cell.lastElementChild;
    marked(words, value);
    attribute(words, "aria-pressed", block.act && String(row === block.chosen));
    swatch(cell, block.byRow && block.roles?.[row]);
  };
  return {
    node,
    write(content) {
      block = content;
      attribute(node, "class", `table${block.scroll ? " scroll" : ""}${block.words ? " words" : ""}${(block.head?.length ?? 0) > 4 ? " dense" : ""}`);
      attribute(node, "tabindex", block.scroll ? "0" : null); // so that it scrolls by keyboard
      attribute(node, "role", block.scroll ? "group" : null);
      attribute(node, "aria-label", block.scroll ? block.caption || "Table" : null);
      property(caption, "hidden", !block.caption);
      marked(caption, block.caption);
      property(thead, "hidden", !block.head?.length);
      several(head, block.head, () => {
        const cell = element("th");
        cell.scope = "col";
        return cell;
      }, (cell, name, i) => {
        marked(cell, name);
        attribute(cell, "data-role", !block.byRow && block.roles?.[i]);
      });
      if (!changed(body, JSON.stringify([block.rows, block.roles, block.chosen, block.act]))) return;
      several(body, block.rows, () => element("tr"), (tr, row, i) => {
        attribute(tr, "class", [block.act && "acts", i === block.chosen && "chosen"].filter(Boolean).join(" "));
        several(tr, row, (_, j) => element(j ? "td" : "th"), (cell, value, j) => j ? marked(cell, value) : writeHead(cell, value, i));
        if (tr.firstElementChild) tr.firstElementChild.scope = "row";
      });
    },
  };
}

const shapes = {
  disc: () => drawn("circle", { cx: 8, cy: 8, r: 4.5 }),
  diamond: () => drawn("path", { d: "M8 2.5 13.5 8 8 13.5 2.5 8z" }),
  triangle: () => drawn("path", { d: "M8 2.5 14 13.5H2z" }),
  square: () => drawn("path", { d: "M3.5 3.5h9v9h-9z" }),
  line: () => drawn("path", { d: "M1 8h14", class: "stroke" }),
  hatch: () => drawn("path", { d: "M1 10 7 4M3 14 13 4M9 14l6-6", class: "stroke thin" }),
  bar: () => drawn("path", { d: "M1 5.5h14v5H1z" }),
};

export function legend() {
  const node = element("ul", "legend");
  return {
    node,
    write: list => several(node, list, () => element("li", "", element("i", "sign"), element("span")), (item, sign) => {
      const [shape, label] = item.children;
      attribute(shape, "data-role", sign.role);
      if (changed(shape, sign.shape)) {
        shape.replaceChildren(drawn("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, (shapes[sign.shape] ?? shapes.disc)()));
      }
      marked(label, sign.text);
    }),
  };
}
