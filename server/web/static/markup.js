// The little markup of the panel's texts, as nodes: *emphasis*, **strong**, `key`, [role|words], and \ before a sign that
// is meant as itself. Nothing in a text becomes HTML.

import { element, changed } from "./dom.js";

const signs = /\\([\\*`[\]|])|\*\*|\*|`|\[([a-z]+[0-9]?)\||\]/g;
const tags = { "**": "strong", "*": "em", "`": "kbd" };

function parse(source) {
  const root = document.createDocumentFragment();
  const open = [{ node: root }];
  const top = () => open[open.length - 1];
  const begin = (sign, end, node) => {
    top().node.append(node);
    open.push({ sign, end, node });
  };
  let at = 0;
  for (const found of source.matchAll(signs)) {
    const [sign, escaped, role] = found;
    top().node.append(source.slice(at, found.index));
    at = found.index + sign.length;
    if (escaped) top().node.append(escaped);
    else if (top().end === sign) open.pop();
    else if (role) {
      const span = element("span", "word");
      span.dataset.role = role;
      begin(sign, "]", span);
    } else if (tags[sign] && !open.some(o => o.end === sign)) begin(sign, sign, element(tags[sign]));
    else top().node.append(sign);
  }
  top().node.append(source.slice(at));
  while (open.length > 1) { // a sign without its partner means itself
    const { node, sign } = open.pop();
    node.replaceWith(sign, ...node.childNodes);
  }
  root.normalize();
  return root;
}

// marked writes a text with markup into a node.
export function marked(node, source) {
  const value = String(source ?? "");
  if (changed(node, value)) node.replaceChildren(parse(value));
}
