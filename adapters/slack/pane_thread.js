// The panel beside the messages in which one thread is open.

import { following, make } from "/static/dom.js";
import { Messages, examples, sending } from "./pane_messages.js";

/** Keeps the panel. `does` has `click(ts, element, value)`, `href(file)`, `reply(ts, text)` and `closed(ts)`. */
export class Thread {
  constructor(panel, names, does) {
    this.panel = panel;
    this.does = does;
    this.root = null;
    const text = make("textarea", { rows: 1, autocomplete: "off", "aria-label": "Reply in this thread", placeholder: "Reply…" });
    const form = make("form", { class: "slack-compose" }, text, make("button", { class: "primary" }, "Post"));
    const list = make("ol", {});
    this.log = make("div", { class: "slack-replies", role: "log", tabindex: "0", "aria-label": "Thread" }, list);
    this.phrases = make("div", { class: "slack-phrases", role: "group", "aria-label": "Examples to reply" });
    this.text = text;
    this.messages = new Messages(list, names, { click: does.click, href: does.href });
    panel.append(
      make(
        "div",
        { class: "row spread slack-title" },
        make("strong", { id: "slack-thread-heading" }, "Thread"),
        make("button", { type: "button", class: "quiet", "aria-label": "Close the thread", onclick: () => this.close() }, "Close"),
      ),
      this.log,
      this.phrases,
      form,
    );
    sending(form, text, (words) => does.reply(this.root, words));
    panel.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
  }

  /** Open a thread under a message, with examples of replies. */
  open(ts, phrases) {
    this.root = ts;
    this.panel.hidden = false;
    this.log.setAttribute("aria-live", "off");
    this.phrases.replaceChildren(...examples(phrases, (words) => this.does.reply(this.root, words).catch(() => {})));
  }

  /** Close it; focus goes back to where it was opened, unless the whole place is left. */
  close(leaving = false) {
    const root = this.root;
    this.root = null;
    this.panel.hidden = true;
    if (root && !leaving) this.does.closed(root);
  }

  /** Bring it up to date with what the person sees. */
  show(screen, place) {
    const root = screen.messages.find(({ ts }) => ts === this.root);
    if (!root) return;
    following(this.log, () => this.messages.show([root, ...root.replies], [], `thread/${place}`));
    this.log.setAttribute("aria-live", "polite"); // only what comes in is read out, not what was there
  }
}
