// A group of radio buttons, each with a count of what is new there.

import { make } from "/static/dom.js";

/** Choices of one kind, in a fieldset; each has an `id` and what its label shows. The last choice is kept for this tab. */
export class Switch {
  constructor(fieldset, name, choices, changed) {
    this.name = name;
    this.news = new Map();
    for (const { id, label } of choices) {
      const count = make("span", { class: "slack-new", id: `slack-${name}-${id}-new`, hidden: true });
      const input = make("input", {
        type: "radio",
        name: `slack-${name}`,
        value: id,
        "aria-describedby": count.id,
        onchange: () => this.choose(id, changed),
      });
      fieldset.append(make("span", { class: "slack-choice" }, make("label", {}, input, label), count));
      this.news.set(id, count);
    }
    this.inputs = [...fieldset.querySelectorAll("input")];
    const kept = sessionStorage.getItem(`slack-${name}`);
    this.set(this.news.has(kept) ? kept : choices[0].id);
  }

  /** Show a choice as made. */
  set(id) {
    this.chosen = id;
    for (const input of this.inputs) input.checked = input.value === id;
    sessionStorage.setItem(`slack-${this.name}`, id);
  }

  choose(id, changed) {
    this.set(id);
    changed();
  }

  /** Say how much is new at a choice. */
  count(id, number) {
    const badge = this.news.get(id);
    badge.hidden = number === 0;
    badge.replaceChildren(...(number ? [String(number), make("span", { class: "unseen" }, " new")] : []));
  }
}
