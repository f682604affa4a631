// Elements: made once, and touched only where something changed.

export const $ = id => document.getElementById(id);

let ids = 0;
export const freshId = () => `e${++ids}`;

export function element(name, className = "", ...children) {
  const node = document.createElement(name);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

export function drawn(name, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

export function text(node, value) {
  const want = String(value ?? "");
  if (node.textContent !== want) node.textContent = want;
}

// attribute sets an attribute; undefined, null, false and "" take it away.
export function attribute(node, name, value) {
  if (value === undefined || value === null || value === false || value === "") {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

export function property(node, name, value) {
  if (node[name] !== value) node[name] = value;
}

// several gives a parent one child for each item: the children that are there are written, missing ones made.
export function several(parent, items, make, write = () => {}) {
  const list = items ?? [];
  while (parent.children.length > list.length) parent.lastElementChild.remove();
  list.forEach((item, i) => write(parent.children[i] ?? parent.appendChild(make(item, i)), item, i));
}

// changed reports whether a node's last key was another, and keeps the new one.
export function changed(node, key) {
  if (node.lastKey === key) return false;
  node.lastKey = key;
  return true;
}
