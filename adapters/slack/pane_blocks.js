// Block Kit, as far as the emulator takes it.

import { make } from "/static/dom.js";
import { confirmed } from "./pane_confirm.js";
import { field } from "./pane_fields.js";
import { link, mention, referring, textOf, unescape } from "./pane_markup.js";

const STYLES = { primary: "primary", danger: "danger" };

/**
 * What a message or a modal shows. `act(element, value)` is called when somebody presses or chooses, and has confirmed it
 * where Slack asks once more.
 */
export function draw(blocks, names, act) {
  return blocks.map((block) => KINDS[block.type]?.(block, names, act) ?? unknown(block));
}

/** A message without blocks. */
export function drawText(text, names) {
  return make("div", { class: "slack-text" }, referring(text, names));
}

/** A message's text in one line, for where it is only hinted at. */
export function plain({ text }) {
  return unescape(text).replace(/\s+/g, " ").trim();
}

/** Whether these are blocks that an app laid out, rather than what somebody typed. */
export function isCard(blocks) {
  return blocks.some((block) => block.type !== "rich_text");
}

const KINDS = {
  header: ({ text }, names) => make("p", { class: "slack-header" }, textOf(text, names)),
  divider: () => make("hr"),
  markdown: ({ text }) => make("div", { class: "slack-text" }, unescape(text)),

  section: ({ text, fields, accessory }, names, act) =>
    make(
      "div",
      { class: "slack-section" },
      text && make("div", { class: "slack-text" }, textOf(text, names)),
      fields && make("div", { class: "slack-fields" }, fields.map((each) => words(each, names))),
      accessory && element(accessory, act),
    ),

  context: ({ elements }, names) =>
    make("div", { class: "slack-context" }, elements.map((each) => (each.alt_text ? picture(each) : words(each, names)))),

  actions: ({ elements }, names, act) =>
    make("div", { class: "slack-actions" }, elements.map((each) => element(each, act))),

  image: ({ title, ...image }, names) => make("div", {}, title && words(title, names), picture(image)),

  rich_text: ({ elements }, names) =>
    make("div", { class: "slack-text" }, elements.flatMap((part) => (part.elements ?? []).map((each) => rich(each, names)))),
};

function unknown(block) {
  return make("p", { class: "slack-aside" }, `(a block of the kind ${block.type})`);
}

function words(object, names) {
  return make("div", { class: "slack-text" }, textOf(object, names));
}

function picture(image) {
  // Nothing is fetched from elsewhere, so what a picture shows is said.
  return make("span", { class: "slack-aside" }, `(picture: ${image.alt_text})`);
}

function element(shown, act) {
  if (shown.type === "button") {
    return make(
      "button",
      { type: "button", class: STYLES[shown.style], "aria-label": shown.accessibility_label, onclick: () => take(shown, shown.value, act) },
      unescape(shown.text.text),
    );
  }
  if (shown.type === "image") return picture(shown);
  const { node, value } = field(shown);
  node.setAttribute("aria-label", unescape(shown.placeholder?.text ?? "Choose"));
  node.addEventListener("change", () => take(shown, value(), act));
  return make("span", { class: "row" }, node, make("span", { class: "slack-aside" }, "sent as soon as chosen"));
}

async function take(shown, value, act) {
  if (await confirmed(shown)) act(shown, value);
}

function rich(part, names) {
  switch (part.type) {
    case "user":
      return mention(`@${names.get(part.user_id) ?? part.user_id}`);
    case "channel":
      return mention(`#${names.get(part.channel_id) ?? part.channel_id}`);
    case "broadcast":
      return mention(`@${part.range}`);
    case "link":
      return link(part.url, part.text);
    default:
      return part.text ?? "";
  }
}

