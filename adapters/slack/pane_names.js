// Who is who: names and pictures, which here are initials.

import { make } from "/static/dom.js";

/** Names by id in Slack, of people, the app and the channel. */
export class Names extends Map {
  constructor(people, ids, bot, channel) {
    super(people.map(({ id, name }) => [ids[id], name]));
    this.faces = new Map([...this.keys()].map((id, number) => [id, number + 1]));
    this.bot = bot.id;
    this.set(bot.id, bot.name).set(channel.id, channel.name);
  }

  /** A picture of somebody. What it says is said beside it. */
  face(id) {
    const name = this.get(id) ?? id;
    const initials = id === this.bot ? "rb" : name.split(" ").map(([first]) => first).join("");
    return make("span", { class: `slack-face slack-face-${this.faces.get(id) ?? 0}`, "aria-hidden": "true" }, initials);
  }
}
