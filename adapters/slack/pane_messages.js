// The messages of a conversation, with their threads, as one person sees them.

import { clock, make, show } from "/static/dom.js";
import { draw, drawText, isCard } from "./pane_blocks.js";

/** Keeps a list like what Slack shows. `does` has `click(ts, element, value)` and `reply(ts, text)`. */
export class Messages {
  constructor(list, names, does) {
    this.list = list;
    this.names = names;
    this.does = does;
  }

  /** Bring it up to date. Notices stand where they came in. */
  show(screen) {
    const notices = screen.notices
      .filter((notice) => notice.view_id === null)
      .map((notice) => ({ ts: `${notice.at.toFixed(6)}-notice`, notice }));
    const items = [...screen.messages, ...notices].sort((one, other) => parseFloat(one.ts) - parseFloat(other.ts));
    const place = `${screen.person.id}/${screen.channel.id}`;
    show(this.list, items, ({ ts }) => `${place}/${ts}`, (item, node) => (item.notice ? drawNotice(item) : this.message(item, node)));
  }

  message(message, item) {
    const node = item ?? make("li", { tabindex: "-1" }, make("div", { class: "slack-content" }), make("ol", { class: "slack-replies", "aria-label": "Replies" }), this.under(message));
    const [content, replies] = node.children;
    node.classList.toggle("slack-whisper", message.is_ephemeral);
    this.fill(node, content, message);
    show(replies, message.replies, ({ ts }) => ts, (reply, old) => this.reply(reply, old));
    return node;
  }

  reply(message, item) {
    const node = item ?? make("li", { tabindex: "-1" }, make("div", { class: "slack-content" }));
    node.classList.toggle("slack-whisper", message.is_ephemeral);
    this.fill(node, node.firstElementChild, message);
    return node;
  }

  fill(node, content, message) {
    const own = JSON.stringify({ ...message, replies: null });
    if (content.shown === own) return;
    content.shown = own;
    const hadFocus = content.contains(document.activeElement);
    content.replaceChildren(this.head(message), this.body(message));
    if (hadFocus) node.focus(); // what was pressed is gone
  }

  head({ author, ts, is_edited: edited, is_ephemeral: whisper }) {
    return make(
      "div",
      { class: "slack-head" },
      make("strong", {}, this.names.get(author.id) ?? author.name),
      author.is_bot ? make("span", { class: "slack-app" }, "APP") : null,
      make("time", {}, clock(parseFloat(ts))),
      whisper ? make("span", { class: "slack-aside" }, "Only visible to you") : null,
      edited ? make("span", { class: "slack-aside" }, "(edited)") : null,
    );
  }

  body({ ts, text, blocks, attachments, reactions, is_tombstone: gone }) {
    if (gone) return make("p", { class: "slack-aside" }, "This message was deleted.");
    const act = (element, value) => this.does.click(ts, element, value);
    const drawn = blocks.length ? draw(blocks, this.names, act) : [drawText(text, this.names)];
    const more = attachments.map((each) => drawText(each.text ?? each.fallback ?? "", this.names));
    const liked = reactions.map(({ name, users }) => make("span", { class: "slack-aside" }, `:${name}: ${users.length}`));
    return make("div", { class: isCard(blocks) ? "slack-card" : null }, drawn, more, liked);
  }

  under({ ts, is_ephemeral: whisper, is_tombstone: gone }) {
    const under = make("div", { class: "slack-under" });
    if (whisper || gone) return under;
    const button = make("button", { type: "button", "aria-expanded": "false" }, "Reply");
    const close = () => {
      under.querySelector("form")?.remove();
      button.setAttribute("aria-expanded", "false");
      button.focus();
    };
    button.addEventListener("click", () => {
      if (under.querySelector("form")) return close();
      under.append(this.composer(ts, close));
      button.setAttribute("aria-expanded", "true");
      under.querySelector("textarea").focus();
    });
    under.append(button);
    return under;
  }

  composer(ts, close) {
    const text = make("textarea", { rows: 1, "aria-label": "Reply in this thread", onkeydown: (event) => event.key === "Escape" && close() });
    const form = make("form", { class: "slack-reply" }, text, make("button", { class: "primary" }, "Post"));
    sending(form, text, async (words) => {
      await this.does.reply(ts, words);
      close();
    });
    return form;
  }
}

/** Make a form send its text with Enter (Shift and Enter begin a new line) and its button. */
export function sending(form, text, send) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const words = text.value;
    if (!words.trim()) return;
    text.value = "";
    try {
      await send(words);
    } catch {
      text.value ||= words; // it is still theirs to send
    }
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
}

function drawNotice({ notice }) {
  return make("li", { class: "slack-aside" }, `Slack says: ${notice.text} ${clock(notice.at)}`);
}
