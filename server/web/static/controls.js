// The blocks of a panel that are set. A report never takes away what the user is doing: a slider that is held, a field
// that is being typed in; and a report that does not know the newest view yet changes no control's value.

import { element, drawn, text, attribute, property, several, changed, freshId } from "./dom.js";
import { marked } from "./markup.js";

// commit sends what was set: as an act where the block has one, else as a parameter of the view.
function commit(page, block, value) {
  if (block.act) page.act(block.act, value); else page.set({ [block.param]: value });
}

// labelled gives an input its label, and the name by which the page finds it.
function labelled(input, block) {
  if (!input.id) input.id = freshId();
  attribute(input, "data-param", block.param);
  property(input, "disabled", Boolean(block.disabled));
}

function labelFor(input) {
  const label = element("label");
  if (!input.id) input.id = freshId();
  label.htmlFor = input.id;
  return label;
}

// How long a control keeps the value an act was sent with, until the run has taken it over.
const patience = 2500, settle = 250;

// meaning is the value at a place of a slider that goes by ratios.
const meaning = (ends, place) => !ends ? place : place > 0 ? ends[1] * (ends[2] / ends[1]) ** place : ends[0];

export function range(page) {
  const input = element("input"), output = element("output"), help = element("p", "note"), label = labelFor(input);
  const ticks = drawn("svg", { class: "ticks", viewBox: "0 0 1000 14", preserveAspectRatio: "none", "aria-hidden": "true" });
  input.type = "range";
  help.id = freshId();
  const node = element("div", "field range", element("div", "row", label, output), input, ticks, help);
  let block = {}, dragging = false, held = 0, due = 0;
  const release = () => { dragging = false; };
  input.onpointerdown = () => {
    dragging = true;
    addEventListener("pointerup", release, { once: true });
  };
  input.onblur = input.onpointercancel = release;
  input.oninput = () => {
    if (!block.act) return commit(page, block, input.valueAsNumber);
    held = Infinity;
    text(output, Number(meaning(block.ends, input.valueAsNumber).toPrecision(3)));
  };
  input.onchange = () => {
    release();
    if (!block.act) return;
    clearTimeout(due);
    due = setTimeout(() => {
      held = performance.now() + patience;
      commit(page, block, input.valueAsNumber);
    }, settle);
  };
  return {
    node,
    write(content) {
      if (block.act && content.value !== block.value && held !== Infinity) held = 0; // the run's answer
      block = content;
      labelled(input, block);
      attribute(input, "min", String(block.min));
      attribute(input, "max", String(block.max));
      attribute(input, "step", block.step || "any");
      marked(label, block.label);
      const waits = performance.now() < held;
      if (!waits) text(output, block.text);
      attribute(input, "aria-valuetext", block.text);
      const far = Math.abs(input.valueAsNumber - block.value) > 1e-6 * (block.max - block.min);
      if (!dragging && !waits && far && page.fresh()) input.value = block.value;
      writeTicks(ticks, block);
      property(help, "hidden", !block.help);
      marked(help, block.help);
      attribute(input, "aria-describedby", block.help && help.id);
    },
  };
}

function writeTicks(svg, { ticks, min, max }) {
  const list = ticks ?? [];
  svg.toggleAttribute("hidden", !list.length);
  if (!changed(svg, JSON.stringify([list, min, max]))) return;
  const roles = [...new Set(list.map(t => t.role))];
  const high = 14 / Math.max(1, roles.length);
  svg.replaceChildren(...roles.map((role, i) => {
    const d = list.filter(t => t.role === role)
      .map(t => `M${(1000 * (t.at - min) / (max - min || 1)).toFixed(1)} ${(i * high).toFixed(1)}v${(high - 1).toFixed(1)}`).join("");
    return drawn("path", role ? { d, "data-role": role } : { d });
  }));
}

const marks = {
  right: ["M3 8.5 6.5 12 13 4.5", "right"],
  wrong: ["M4 4l8 8M12 4l-8 8", "wrong"],
};

function radios(page) {
  const legend = element("span", "name"), box = element("div", "options");
  const node = element("div", "choice", legend, box);
  const group = freshId();
  let block = {};
  node.setAttribute("role", "radiogroup");
  legend.id = freshId();
  node.setAttribute("aria-labelledby", legend.id);
  return {
    node,
    write(content) {
      block = content;
      const list = block.as === "list";
      property(node, "className", `choice ${list ? "list" : "segments"}`);
      attribute(node, "data-param", block.param);
      marked(legend, block.label);
      several(box, block.options, () => {
        const input = element("input");
        input.type = "radio";
        input.name = group;
        input.onchange = () => commit(page, block, input.value);
        return element("label", "", input, element("span"), element("i", "mark"));
      }, (label, option) => {
        const [input, words, mark] = label.children;
        property(input, "value", option.value);
        property(input, "disabled", Boolean(block.disabled));
        if (page.fresh()) property(input, "checked", option.value === block.value);
        marked(words, option.text);
        attribute(label, "data-mark", option.mark);
        if (changed(mark, option.mark)) {
          const [path, name] = marks[option.mark] ?? [];
          mark.replaceChildren(...(path ? [drawn("svg", { viewBox: "0 0 16 16", role: "img", "aria-label": name }, drawn("path", { d: path }))] : []));
        }
      });
    },
  };
}

function menu(page) {
  const select = element("select"), label = labelFor(select);
  let block = {};
  select.onchange = () => commit(page, block, select.value);
  return {
    node: element("div", "field beside", label, select),
    write(content) {
      block = content;
      labelled(select, block);
      marked(label, block.label);
      if (changed(select, JSON.stringify(block.options))) {
        select.replaceChildren(...(block.options ?? []).map(o => new Option(o.text, o.value)));
        select.value = block.value;
      }
      if (page.fresh()) property(select, "value", block.value);
    },
  };
}

// choice is a row of segments where the options are few and short, and else a menu, unless the block says how.
export function choice(page) {
  const node = element("div", "either");
  let kind = null, inner = null;
  return {
    node,
    write(block) {
      const options = block.options ?? [];
      const short = options.length < 5 && options.reduce((sum, o) => sum + o.text.length + 3, 0) < 44;
      const want = block.as === "list" || block.as !== "menu" && short ? radios : menu;
      if (kind !== want) {
        kind = want;
        inner = want(page);
        node.replaceChildren(inner.node);
      }
      inner.write(block);
    },
  };
}

export function toggle(page) {
  const input = element("input"), words = element("span");
  input.type = "checkbox";
  let block = {};
  input.onchange = () => commit(page, block, input.checked);
  return {
    node: element("label", "check", input, words),
    write(content) {
      block = content;
      labelled(input, block);
      marked(words, block.label);
      if (page.fresh()) property(input, "checked", Boolean(block.value));
    },
  };
}

export function search(page) {
  const input = element("input"), label = labelFor(input);
  input.type = "search";
  input.autocomplete = "off";
  input.spellcheck = false;
  let block = {}, sent = null;
  input.oninput = () => { sent = input.value; commit(page, block, sent); };
  return {
    node: element("div", "field", label, input),
    write(content) {
      block = content;
      labelled(input, block);
      attribute(input, "placeholder", block.placeholder);
      marked(label, block.label);
      const typing = document.activeElement === input && sent === block.value;
      if (!typing && page.fresh()) property(input, "value", block.value ?? "");
    },
  };
}

export function number(page) {
  const input = element("input"), label = labelFor(input);
  input.type = "number";
  let block = {}, typed = false, held = 0;
  input.oninput = () => { typed = true; };
  input.onblur = () => { typed = false; };
  input.onchange = () => {
    typed = false;
    if (!Number.isFinite(input.valueAsNumber)) return property(input, "value", String(block.value));
    held = block.act ? performance.now() + patience : 0;
    const { min, max } = block, value = input.valueAsNumber;
    commit(page, block, max > min ? Math.min(Math.max(value, min), max) : value);
  };
  return {
    node: element("div", "field beside", label, input),
    write(content) {
      if (content.value !== block.value) held = 0;
      block = content;
      labelled(input, block);
      const limited = block.max > block.min;
      attribute(input, "min", limited && String(block.min));
      attribute(input, "max", limited && String(block.max));
      attribute(input, "step", block.step || "any");
      marked(label, block.label);
      if (!typed && performance.now() >= held && page.fresh() && input.valueAsNumber !== block.value) input.value = block.value;
    },
  };
}

export function area(page) {
  const input = element("textarea"), label = labelFor(input), button = element("button");
  button.type = "button";
  input.rows = 5;
  input.spellcheck = false;
  let block = {};
  const ready = () => property(button, "disabled", !input.value.trim());
  input.oninput = ready;
  button.onclick = () => page.send(block.act, input.value);
  return {
    node: element("div", "field area", label, input, element("div", "buttons", button)),
    write(content) {
      block = content;
      attribute(input, "placeholder", block.placeholder);
      attribute(button, "data-act", block.act);
      marked(label, block.label);
      text(button, block.button);
      ready();
    },
  };
}

export function file(page) {
  const input = element("input", "unseen"), words = element("span");
  input.type = "file";
  input.onchange = () => {
    if (input.files[0]) page.open(input.files[0]);
    input.value = "";
  };
  return {
    node: element("label", "button file", input, words),
    write(block) {
      attribute(input, "accept", block.types);
      text(words, block.label);
    },
  };
}
