// Email in the sandbox: whoever you are, your mailbox, and what you send.

import { clock, make, show, tell } from "/static/dom.js";
import { gathered, get, post } from "/static/server.js";
import { drawMessage } from "./pane_message.js";
import { Form } from "./pane_form.js";

const [peopleSet, status, error, list, empty, message, write] = ["people", "status", "error", "list", "empty", "message", "write"].map((name) =>
  document.getElementById(`email-${name}`),
);
const CHOSEN = "email-person";

/** Start the pane. `setting` is what the channel told the page, `people` are those to play. */
export function start(setting, people) {
  return new Pane(setting, people);
}

class Pane {
  refresh = gathered(() => this.look());

  constructor({ base, people: addresses, agent }, people) {
    this.base = base;
    this.addresses = addresses;
    this.open = null; // the uid of the mail on show
    this.counts = new Map();
    peopleSet.append(...people.map((person) => this.choice(person)));
    const kept = sessionStorage.getItem(CHOSEN);
    this.be(kept in addresses ? kept : people[0].id);
    this.form = new Form({ send: (mail) => this.send(mail), closed: () => (message.hidden ? write : message).focus() });
    write.addEventListener("click", () => this.form.open("A new mail", { to: agent }, "text"));
    this.refresh();
  }

  choice({ id, name, part }) {
    const count = make("span", { class: "email-new", id: `email-${id}-new`, hidden: true });
    const chosen = () => {
      this.be(id);
      this.form.close();
      this.refresh();
    };
    const input = make("input", { type: "radio", name: CHOSEN, value: id, "aria-describedby": count.id, onchange: chosen });
    this.counts.set(id, count);
    return make("span", {}, make("label", {}, input, ` ${name.split(" ")[0]}, ${part}`), count);
  }

  be(id) {
    this.person = this.addresses[id];
    for (const input of peopleSet.querySelectorAll("input")) input.checked = input.value === id;
    sessionStorage.setItem(CHOSEN, id);
    tell(error, "");
    tell(status, "");
    this.open = null;
    list.replaceChildren(); // what the one before was sent is not theirs to read
    message.hidden = true;
  }

  async look() {
    for (const [id, person] of Object.entries(this.addresses)) {
      const { messages } = await get(`${this.base}/human/mailbox?${new URLSearchParams({ person })}`);
      this.count(id, messages.filter(({ seen }) => !seen).length);
      if (person === this.person) this.list(messages);
    }
  }

  count(id, number) {
    const badge = this.counts.get(id);
    badge.hidden = number === 0;
    badge.replaceChildren(...(number ? [String(number), make("span", { class: "unseen" }, " unread")] : []));
  }

  list(messages) {
    empty.hidden = messages.length > 0;
    const lines = messages.map((each) => ({ ...each, open: each.uid === this.open }));
    show(list, lines, ({ uid }) => `${this.person}/${uid}`, (line, node) => this.line(line, node));
  }

  line({ uid, from, subject, preview, at, seen, open }, node = make("li", {}, make("button", { type: "button", onclick: () => this.read(uid) }))) {
    const [button] = node.children;
    button.className = seen ? "email-line" : "email-line email-unread";
    button.setAttribute("aria-current", String(open));
    button.replaceChildren(
      make("span", { class: "email-from" }, from, seen ? null : make("span", { class: "unseen" }, " (unread)")),
      make("time", { class: "email-aside" }, clock(at)),
      make("span", { class: "email-subject" }, subject || "(no subject)"),
      make("span", { class: "email-preview email-aside" }, preview),
    );
    return node;
  }

  async read(uid) {
    tell(error, "");
    const person = this.person;
    try {
      const mail = await get(`${this.base}/human/message?${new URLSearchParams({ person, uid })}`);
      if (person !== this.person) return;
      this.open = uid;
      const reply = () => this.form.open("Your reply", mail.reply, "text");
      const compose = (draft) => this.form.open("A new mail", draft, "send");
      drawMessage(message, mail, { reply, compose });
      message.hidden = false;
      message.focus();
      await post(`${this.base}/human/seen`, { person, uid });
      await this.refresh();
    } catch (problem) {
      tell(error, problem.message);
    }
  }

  /** Send a mail; tells whether it went. */
  async send(mail) {
    tell(error, "");
    try {
      await post(`${this.base}/human/send`, { person: this.person, ...mail });
      tell(status, `Sent to ${mail.to}.`);
      return true;
    } catch (problem) {
      tell(error, problem.message);
      return false;
    }
  }
}
