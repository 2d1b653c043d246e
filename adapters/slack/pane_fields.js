// Elements of blocks that somebody fills in or chooses from: in messages they act at once, in modals they are collected.

import { make } from "/static/dom.js";
import { unescape } from "./pane_markup.js";

let count = 0;

/**
 * Make the control for an element.
 *
 * `entered` is what Slack holds for it. The result has the node, the id that a label points to (none for a group) and
 * `value()`, as the emulator takes it.
 */
export function field(element, entered = {}) {
  const id = `slack-field-${++count}`;
  const drawn = KINDS[element.type]?.(element, entered, id);
  return drawn ?? { node: make("span", {}, `(${element.type})`), value: () => null };
}

const KINDS = {
  plain_text_input(element, entered, id) {
    const attributes = { id, maxlength: element.max_length, placeholder: words(element.placeholder) };
    const node = element.multiline
      ? make("textarea", { ...attributes, rows: 3 })
      : make("input", { ...attributes, type: "text" });
    node.value = entered.value ?? element.initial_value ?? "";
    return { node, id, value: () => node.value };
  },

  static_select(element, entered, id) {
    const nothing = make("option", { value: "" }, words(element.placeholder) ?? "Choose…");
    const groups = (element.option_groups ?? []).map((group) =>
      make("optgroup", { label: words(group.label) }, group.options.map(option)),
    );
    const node = make("select", { id }, nothing, (element.options ?? []).map(option), groups);
    node.value = (entered.selected_option ?? element.initial_option)?.value ?? "";
    return { node, id, value: () => node.value };
  },

  radio_buttons(element, entered, id) {
    const chosen = [(entered.selected_option ?? element.initial_option)?.value];
    const node = group("radio", element, chosen, id);
    return { node, value: () => ticked(node)[0] ?? "" };
  },

  checkboxes(element, entered, id) {
    const chosen = (entered.selected_options ?? element.initial_options ?? []).map((each) => each.value);
    const node = group("checkbox", element, chosen, id);
    return { node, value: () => ticked(node) };
  },

  datepicker(element, entered, id) {
    const node = make("input", { id, type: "date" });
    node.value = entered.selected_date ?? element.initial_date ?? "";
    return { node, id, value: () => node.value };
  },
};

function group(type, element, chosen, name) {
  const choices = element.options.map((each) =>
    make(
      "label",
      { class: "row" },
      make("input", { type, name, value: each.value, checked: chosen.includes(each.value) }),
      make("span", {}, words(each.text), each.description ? ` (${words(each.description)})` : null),
    ),
  );
  return make("div", { role: type === "radio" ? "radiogroup" : "group" }, choices);
}

function ticked(node) {
  return [...node.querySelectorAll(":checked")].map((input) => input.value);
}

function option(choice) {
  return make("option", { value: choice.value }, words(choice.text));
}

function words(object) {
  return object && unescape(object.text);
}
