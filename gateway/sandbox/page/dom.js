// Making and updating elements. Text goes in as text nodes only, never as markup.

/** Make an element. `on…` are listeners, true is an empty attribute, false and null are none at all. */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

const shown = new WeakMap();

/**
 * Make a list show items and leave alone what has not changed, so that what is focused or half typed stays.
 *
 * `draw(item, node)` makes a node, or brings the one it is given up to date.
 */
export function show(list, items, key, draw) {
  const old = new Map([...list.children].map((node) => [node.dataset.key, node]));
  let next = list.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    const text = JSON.stringify(item);
    const before = old.get(name);
    old.delete(name);
    const node = before && shown.get(before) === text ? before : draw(item, before);
    if (before && before !== node) {
      if (before === next) next = next.nextElementSibling;
      before.remove();
    }
    node.dataset.key = name;
    shown.set(node, text);
    if (node === next) next = next.nextElementSibling;
    else list.insertBefore(node, next);
  }
  for (const node of old.values()) node.remove();
}

/** Show a text, or hide the element where there is none. */
export function tell(node, text) {
  node.hidden = !text;
  if (node.textContent !== text) node.textContent = text;
}

/** Keep a list scrolled to its end while `change` makes it longer, unless somebody has scrolled up in it. */
export function following(list, change) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  change();
  if (atEnd) list.scrollTop = list.scrollHeight;
}

/** A time of day, with the day where that is not today. */
export function clock(seconds, precise = false) {
  const when = new Date(seconds * 1000);
  const time = when.toLocaleTimeString([], precise ? {} : { hour: "2-digit", minute: "2-digit" });
  const today = when.toDateString() === new Date().toDateString();
  return today ? time : `${when.toLocaleDateString([], { day: "numeric", month: "short" })}, ${time}`;
}
