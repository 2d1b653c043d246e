// The form in which a mail is written: a new one, or an answer above what it quotes.

import { tell } from "/static/dom.js";

const [form, heading, discard] = ["form", "form-heading", "discard"].map((name) => document.getElementById(`email-${name}`));
const fields = Object.fromEntries(["to", "cc", "subject", "text"].map((name) => [name, document.getElementById(`email-${name}`)]));
const button = form.querySelector("button.primary");

export class Form {
  /** `send` gets a mail and gives whether it went; `closed` is told when the form is gone. */
  constructor({ send, closed }) {
    this.follows = {};
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit(send, closed);
    });
    discard.addEventListener("click", () => {
      this.close();
      closed();
    });
  }

  /** Open it with a draft; `first` is where one begins, the text or the button. */
  open(title, { in_reply_to = "", references = "", ...draft }, first) {
    this.follows = { in_reply_to, references };
    tell(heading, title);
    for (const [name, field] of Object.entries(fields)) field.value = draft[name] ?? "";
    form.hidden = false;
    form.scrollIntoView({ block: "nearest" });
    (first === "text" ? fields.text : button).focus();
    fields.text.setSelectionRange(0, 0); // above the quote
    fields.text.scrollTop = 0;
  }

  close() {
    form.hidden = true;
  }

  async submit(send, closed) {
    button.disabled = true;
    const mail = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.value]));
    const went = await send({ ...mail, ...this.follows });
    button.disabled = false;
    if (!went) return;
    this.close();
    closed();
  }
}
