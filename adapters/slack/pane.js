// Slack in the sandbox: whoever you are, what they see, and what they do.

import { following, make, tell } from "/static/dom.js";
import { gathered, get, post } from "/static/server.js";
import { Messages, examples, sending } from "./pane_messages.js";
import { Modal } from "./pane_modal.js";
import { Names } from "./pane_names.js";
import { Switch } from "./pane_switch.js";
import { Thread } from "./pane_thread.js";

const DM = "dm";
const [log, list, empty, title, status, error, phrases, chosen, files, compose, text, panel, dialog, peopleSet, placesSet] = [
  ...["log", "messages", "empty", "title", "status", "error", "phrases", "chosen", "files", "compose", "text", "thread", "modal", "people", "places"],
].map((name) => document.getElementById(`slack-${name}`));

/** Start the pane. `setting` is what the channel told the page, `people` are those to play. */
export function start(setting, people) {
  return new Pane(setting, people);
}

class Pane {
  refresh = gathered(() => this.look());

  constructor({ base, people: ids, channel, bot }, people) {
    this.base = base;
    this.ids = ids;
    this.channel = channel;
    this.bot = bot;
    this.played = new Map(people.map((person) => [person.id, person]));
    this.seen = new Map(); // person and place to the newest message they have looked at
    this.began = (Date.now() / 1000).toFixed(6); // what was there before this page counts as seen
    this.known = null; // messages on show, to tell which are new
    this.names = new Names(people, ids, bot, channel);
    this.people = new Switch(peopleSet, "person", people.map((person) => this.personChoice(person)), () => this.moved());
    this.places = new Switch(placesSet, "place", this.placeChoices(), () => this.moved());
    const click = (ts, element, value) =>
      this.ask("click", { channel: this.place, ts, action_id: element.action_id, value, confirmed: true });
    const href = (file) => `${this.base}/human/file?${new URLSearchParams({ person: this.person, channel: this.place, file })}`;
    this.messages = new Messages(list, this.names, { click, href, open: (ts) => this.openThread(ts) });
    this.thread = new Thread(panel, this.names, {
      click,
      href,
      reply: (ts, words) => this.send(words, ts),
      closed: (ts) => list.querySelector(`[data-key$="/${ts}"] .slack-under button:not([hidden])`)?.focus(),
    });
    this.modal = new Modal(dialog, base, (sentence) => tell(error, sentence));
    files.addEventListener("change", () => this.choose());
    sending(compose, text, (words) => this.sendWithFiles(words));
    this.moved();
  }

  get person() {
    return this.ids[this.people.chosen];
  }

  get place() {
    return this.places.chosen;
  }

  personChoice({ id, name, part }) {
    const label = [this.names.face(this.ids[id]), make("span", {}, `${name.split(" ")[0]}, ${part}`)];
    return { id, label };
  }

  placeChoices() {
    return [
      { id: DM, label: [this.names.face(this.bot.id), make("span", { class: "unseen" }, "Direct message with "), make("span", {}, this.bot.name)] },
      { id: this.channel.id, label: make("span", {}, `#${this.channel.name}`) },
    ];
  }

  moved() {
    const { name, phrases: known } = this.played.get(this.people.chosen);
    const here = this.place === DM ? this.bot.name : `#${this.channel.name}`;
    tell(error, "");
    this.known = null;
    this.thread.close(true);
    list.replaceChildren(); // what the one before saw is not theirs to press
    title.replaceChildren(make("strong", {}, here), make("span", { class: "slack-aside" }, this.about()));
    empty.textContent = this.place === DM ? `Nothing here yet, ${name}. Press an example below, or write your own.` : "Nothing here yet. Requests for approval are shown here, to everybody.";
    text.placeholder = `Write as ${name.split(" ")[0]}`; // short enough to stand beside an open thread
    phrases.hidden = this.place !== DM;
    phrases.replaceChildren(make("span", { class: "slack-aside" }, "Try:"), ...examples(known, (words) => this.send(words).catch(() => {})));
    return this.refresh();
  }

  about() {
    if (this.place === DM) return "An app: the deploy bot";
    return `${this.played.size} people and ${this.bot.name}`;
  }

  openThread(ts) {
    this.thread.open(ts, this.played.get(this.people.chosen).replies);
    this.thread.text.focus();
    return this.refresh();
  }

  async look() {
    const [person, place] = [this.person, this.place];
    const screen = await this.view(person, place);
    if (person !== this.person || place !== this.place) return;
    this.show(screen);
    await this.countNews();
  }

  show(screen) {
    const place = `${screen.person.id}/${screen.channel.id}`;
    const all = flat(screen.messages);
    const notices = screen.notices.filter((notice) => notice.view_id === null);
    const entered = this.known === null;
    const wrote = all.some(({ ts, author }) => author.id === this.person && !this.known?.has(ts));
    log.setAttribute("aria-live", entered ? "off" : "polite"); // only what comes in is read out, not what was there
    empty.hidden = screen.messages.length + notices.length > 0;
    following(log, () => this.messages.show(screen.messages, notices, place));
    if (entered || wrote) toNewest();
    this.thread.show(screen, place);
    tell(status, screen.statuses.map((each) => `${this.bot.name} ${each.text}`).join(" "));
    this.known = new Set(all.map(({ ts }) => ts));
    this.seen.set(`${this.person}/${this.place}`, newest(all) || this.began);
    const notice = screen.notices.findLast(({ view_id: view }) => view && view === screen.modal?.view_id);
    this.modal.show(screen.modal, this.person, this.names, notice?.text);
  }

  async countNews() {
    const perPlace = new Map([DM, this.channel.id].map((place) => [place, 0]));
    for (const [name, person] of Object.entries(this.ids)) {
      let sum = 0;
      for (const place of perPlace.keys()) {
        const number = await this.news(person, place);
        sum += number;
        if (person === this.person) this.places.count(place, number);
      }
      this.people.count(name, sum);
    }
  }

  async news(person, place) {
    if (person === this.person && place === this.place) return 0;
    const seen = this.seen.get(`${person}/${place}`) ?? this.began;
    const { messages } = await this.view(person, place);
    return flat(messages).filter(({ ts, author }) => ts > seen && author.id !== person).length;
  }

  view(person, place) {
    return get(`${this.base}/human/view?${new URLSearchParams({ person, channel: place })}`);
  }

  /** Say which files go with the next message. */
  choose() {
    tell(chosen, [...files.files].map(({ name }) => name).join(", "));
  }

  async sendWithFiles(words) {
    const attached = await Promise.all([...files.files].map(encoded));
    await this.send(words, null, attached);
    files.value = "";
    this.choose();
  }

  async send(words, thread = null, attached = []) {
    await this.ask("message", { channel: this.place, text: words, thread_ts: thread, files: attached }, true);
  }

  async ask(what, body, rethrow = false) {
    tell(error, "");
    try {
      await post(`${this.base}/human/${what}`, { person: this.person, ...body });
    } catch (problem) {
      tell(error, problem.message);
      if (rethrow) throw problem;
    }
  }
}

/** A file as the emulator takes it: its content in base64. */
function encoded(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve({ name: file.name, content: reader.result.split(",")[1] ?? "" }));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(file);
  });
}

/** Show the newest message; of one that is longer than there is room, how it begins. */
function toNewest() {
  log.scrollTop = log.scrollHeight;
  const hidden = log.getBoundingClientRect().top - (list.lastElementChild?.getBoundingClientRect().top ?? Infinity);
  if (hidden > 0) log.scrollTop -= hidden;
}

function flat(messages) {
  return messages.flatMap((message) => [message, ...message.replies]);
}

function newest(messages) {
  return messages.reduce((last, { ts }) => (ts > last ? ts : last), "");
}
