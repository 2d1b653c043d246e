// The modal that the app has put before the person.

import { make, tell } from "/static/dom.js";
import { post } from "/static/server.js";
import { draw } from "./pane_blocks.js";
import { field } from "./pane_fields.js";
import { unescape } from "./pane_markup.js";

/** Keeps a `<dialog>` like what Slack shows. `say` tells of trouble. */
export class Modal {
  constructor(dialog, base, say) {
    this.dialog = dialog;
    this.base = base;
    this.say = say;
    this.shown = "";
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault(); // it closes when Slack says so
      this.close();
    });
  }

  /** Bring it up to date. `notice` is what Slack's client says in it. */
  show(modal, person, names, notice) {
    const content = modal && { ...modal, values: null, notice, person };
    const now = content ? JSON.stringify(content) : "";
    if (now === this.shown) return;
    this.shown = now;
    this.modal = modal;
    this.person = person;
    if (modal) this.build(modal, names, notice);
    else this.dialog.close();
  }

  build(modal, names, notice) {
    this.inputs = [];
    const wrong = make("p", { class: "alarm", role: "alert" });
    tell(wrong, notice ?? "");
    const act = (element, value) => this.click(element, value);
    const blocks = modal.blocks.flatMap((block) => (block.type === "input" ? this.input(block) : draw([block], names, act)));
    const form = make(
      "form",
      { novalidate: true, onsubmit: (event) => this.submit(event) },
      make("h3", { id: "slack-modal-title" }, unescape(modal.title.text)),
      blocks,
      wrong,
      make(
        "div",
        { class: "slack-foot" },
        make("button", { type: "button", onclick: () => this.close() }, unescape(modal.close?.text ?? "Cancel")),
        modal.submit && make("button", { class: "primary" }, unescape(modal.submit.text)),
      ),
    );
    this.dialog.replaceChildren(form);
    if (!this.dialog.open) this.dialog.showModal();
    (form.querySelector("[aria-invalid]") ?? form.querySelector("input, textarea, select"))?.focus();
  }

  input({ block_id: block, label, hint, optional, element }) {
    const { values, errors } = this.modal;
    const { node, id, value } = field(element, values[block]?.[element.action_id]);
    const name = unescape(label.text) + (optional ? " (optional)" : "");
    const title = id ? make("label", { for: id }, name) : make("span", { "data-label": true }, name);
    if (!id) node.setAttribute("aria-label", name);
    const notes = [
      errors[block] && make("span", { class: "slack-wrong", id: `slack-wrong-${block}` }, errors[block]),
      hint && make("span", { class: "slack-aside", id: `slack-hint-${block}` }, unescape(hint.text)),
    ].filter(Boolean);
    if (notes.length) node.setAttribute("aria-describedby", notes.map((note) => note.id).join(" "));
    if (errors[block]) node.setAttribute("aria-invalid", "true");
    this.inputs.push({ block, action: element.action_id, value });
    return [make("div", { class: "slack-input" }, title, node, notes)];
  }

  entered() {
    const values = {};
    for (const { block, action, value } of this.inputs) values[block] = { [action]: value() };
    return values;
  }

  async submit(event) {
    event.preventDefault();
    await this.ask("submit", { values: this.entered() });
  }

  async close() {
    await this.ask("close", {});
  }

  async click(element, value) {
    await this.ask("click", { action_id: element.action_id, value, confirmed: true });
  }

  async ask(what, body) {
    try {
      await post(`${this.base}/human/${what}`, { person: this.person, view_id: this.modal.view_id, ...body });
    } catch (problem) {
      this.say(problem.message);
    }
  }
}
