// Slack in the sandbox: whoever you are, what they see, and what they do.

import { following, tell } from "/static/dom.js";
import { get, post } from "/static/server.js";
import { Messages, sending } from "./pane_messages.js";
import { Modal } from "./pane_modal.js";
import { Switch } from "./pane_switch.js";

const DM = "dm";
const [log, list, error, compose, text, dialog, peopleSet, placesSet] = [
  ...["log", "messages", "error", "compose", "text", "modal", "people", "places"],
].map((name) => document.getElementById(`slack-${name}`));

/** Start the pane. `setting` is what the channel told the page, `people` are those to play. */
export function start(setting, people) {
  return new Pane(setting, people);
}

class Pane {
  constructor({ base, people: ids, channel, bot }, people) {
    this.base = base;
    this.ids = ids;
    this.channel = channel;
    this.bot = bot;
    this.seen = new Map(); // person and place to the newest message they have looked at
    this.began = (Date.now() / 1000).toFixed(6); // what was there before this page counts as seen
    this.known = null; // messages on show, to tell which are new
    const names = new Map(people.map(({ id, name }) => [ids[id], name])).set(bot.id, bot.name).set(channel.id, channel.name);
    this.names = names;
    const choices = people.map(({ id, name, part }) => ({ id, label: `${name.split(" ")[0]}, ${part}` }));
    const places = [{ id: DM, label: "Direct message" }, { id: channel.id, label: `#${channel.name}` }];
    this.people = new Switch(peopleSet, "person", choices, () => this.moved());
    this.places = new Switch(placesSet, "place", places, () => this.moved());
    this.messages = new Messages(list, names, {
      click: (ts, element, value) => this.ask("click", { channel: this.place, ts, action_id: element.action_id, value }),
      reply: (ts, words) => this.send(words, ts),
    });
    this.modal = new Modal(dialog, base, (sentence) => tell(error, sentence));
    sending(compose, text, (words) => this.send(words));
    this.moved();
  }

  get person() {
    return this.ids[this.people.chosen];
  }

  get place() {
    return this.places.chosen;
  }

  /** Write something as the present person, in their direct message. */
  async say(words) {
    this.places.choose(DM, () => this.moved());
    await this.send(words).catch(() => {}); // it has been told
  }

  /** Look again. Looks asked for meanwhile become one. */
  async refresh() {
    this.again = true;
    if (this.looking) return;
    this.looking = true;
    try {
      while (this.again) {
        this.again = false;
        await this.look();
      }
    } catch {
      // The sandbox is gone; the page says so, and its stream brings the next look.
    } finally {
      this.looking = false;
    }
  }

  moved() {
    tell(error, "");
    this.known = null;
    list.replaceChildren(); // what the one before saw is not theirs to press
    text.placeholder = `Message ${this.place === DM ? this.bot.name : `#${this.channel.name}`} as ${this.names.get(this.person)}`;
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
    const all = flat(screen.messages);
    const entered = this.known === null;
    const wrote = all.some(({ ts, author }) => author.id === this.person && !this.known?.has(ts));
    log.setAttribute("aria-live", entered ? "off" : "polite"); // only what comes in is read out, not what was there
    following(log, () => this.messages.show(screen));
    if (entered || wrote) log.scrollTop = log.scrollHeight;
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

  async send(words, thread = null) {
    await this.ask("message", { channel: this.place, text: words, thread_ts: thread }, true);
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

function flat(messages) {
  return messages.flatMap((message) => [message, ...message.replies]);
}

function newest(messages) {
  return messages.reduce((last, { ts }) => (ts > last ? ts : last), "");
}
