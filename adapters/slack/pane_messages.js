// The messages of a conversation, as one person sees them.

import { clock, make, show } from "/static/dom.js";
import { draw, drawText, isCard, plain } from "./pane_blocks.js";

const GAP = 300; // seconds after which the same author is named again
const PREVIEW = 90; // characters of a thread's newest reply

/**
 * Keeps a list like what Slack shows.
 *
 * `does` has `click(ts, element, value)`, `href(file)` and, where threads open, `open(ts)`.
 */
export class Messages {
  constructor(list, names, does) {
    this.list = list;
    this.names = names;
    this.does = does;
  }

  /** Bring it up to date: messages and notices in order of time, days between them. `place` tells lists apart. */
  show(messages, notices, place) {
    const items = [...messages, ...notices.map((notice) => ({ ts: `${notice.at.toFixed(6)}-notice`, notice }))];
    items.sort((one, other) => parseFloat(one.ts) - parseFloat(other.ts));
    show(this.list, this.grouped(items), ({ ts }) => `${place}/${ts}`, (item, node) => this.item(item, node));
  }

  /** Let what somebody writes in one go stand under their name once. */
  grouped(items) {
    const shown = [];
    let before = null;
    for (const item of items) {
      const at = parseFloat(item.ts);
      const day = new Date(at * 1000).toDateString();
      if (day !== before?.day) shown.push({ ts: `${day}-day`, day: at });
      const one = before?.day === day && before.author === item.author?.id && at - before.at < GAP;
      shown.push({ ...item, follows: Boolean(item.author && one && !item.is_ephemeral && !before.whisper) });
      before = { day, at, author: item.author?.id, whisper: item.is_ephemeral };
    }
    return shown;
  }

  item(item, node) {
    if (item.day) return drawDay(item.day);
    if (item.notice) return drawNotice(item.notice);
    return this.message(item, node);
  }

  message(message, item) {
    const node = item ?? make("li", { tabindex: "-1" }, make("div", { class: "slack-side" }), make("div", { class: "slack-content" }), this.under(message));
    const [side, content, under] = node.children;
    const { author, ts, follows } = message;
    node.className = message.is_ephemeral ? "slack-message slack-whisper" : follows ? "slack-message slack-follows" : "slack-message";
    const own = JSON.stringify({ ...message, replies: null });
    if (content.shown !== own) {
      content.shown = own;
      const hadFocus = content.contains(document.activeElement);
      side.replaceChildren(follows ? time(ts) : this.names.face(author.id));
      content.replaceChildren(this.head(message), this.body(message));
      if (hadFocus) node.focus(); // what was pressed is gone
    }
    this.count(under, message);
    return node;
  }

  head({ author, ts, is_edited: edited, is_ephemeral: whisper, follows }) {
    return make(
      "div",
      { class: follows ? "unseen" : "slack-head" },
      make("strong", {}, this.names.get(author.id) ?? author.name),
      author.is_bot ? make("span", { class: "slack-app" }, "APP") : null,
      follows ? null : time(ts),
      whisper ? make("span", { class: "slack-aside" }, "Only visible to you") : null,
      edited ? make("span", { class: "slack-aside" }, "(edited)") : null,
    );
  }

  body({ ts, text, blocks, attachments, files, reactions, is_tombstone: gone }) {
    if (gone) return make("p", { class: "slack-aside" }, "This message was deleted.");
    const act = (element, value) => this.does.click(ts, element, value);
    const drawn = blocks.length ? draw(blocks, this.names, act) : [drawText(text, this.names)];
    const more = attachments.map((each) => drawText(each.text ?? each.fallback ?? "", this.names));
    const liked = reactions.map(({ name, users }) => make("span", { class: "slack-aside" }, `:${name}: ${users.length}`));
    return make("div", { class: isCard(blocks) ? "slack-card" : null }, drawn, more, files.map((file) => this.file(file)), liked);
  }

  file({ id, name, title, size }) {
    const kept = make("a", { href: this.does.href(id), download: name }, title || name);
    return make("p", { class: "slack-file" }, kept, make("span", { class: "slack-aside" }, ` ${sized(size)}`));
  }

  under({ ts, is_ephemeral: whisper, is_tombstone: gone }) {
    const under = make("div", { class: "slack-under" });
    if (whisper || gone || !this.does.open) return under;
    const open = () => this.does.open(ts);
    under.append(
      make("button", { type: "button", class: "quiet slack-count", hidden: true, onclick: open }),
      make("button", { type: "button", class: "quiet", onclick: open }, "Reply"),
    );
    return under;
  }

  count(under, { replies }) {
    const [button] = under.children;
    if (!button) return;
    const last = replies.at(-1);
    const said = last && `${this.names.get(last.author.id) ?? last.author.name}: ${plain(last).slice(0, PREVIEW)}`;
    button.hidden = !last;
    button.textContent = last ? `${replies.length} ${replies.length === 1 ? "reply" : "replies"} · ${said}` : "";
  }
}

/** Make a form send its text with Enter (Shift and Enter begin a new line) and its button. */
export function sending(form, text, send) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const words = text.value;
    if (!words.trim() && !form.querySelector("[type=file]")?.files.length) return;
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

/** Examples to press. */
export function examples(phrases, send) {
  return phrases.map((phrase) => make("button", { type: "button", onclick: () => send(phrase) }, phrase));
}

function sized(bytes) {
  return bytes < 1000 ? `${bytes} bytes` : `${(bytes / 1000).toFixed(1)} kB`;
}

function time(ts) {
  return make("time", {}, clock(parseFloat(ts)));
}

function drawDay(at) {
  const when = new Date(at * 1000);
  const today = when.toDateString() === new Date().toDateString();
  const words = today ? "Today" : when.toLocaleDateString([], { weekday: "long", day: "numeric", month: "long" });
  return make("li", { class: "slack-day" }, make("span", {}, words));
}

function drawNotice({ text, at }) {
  return make("li", { class: "slack-aside slack-notice" }, `Slack says: ${text} ${clock(at)}`);
}
