// Slack's texts as nodes: plain ones as they are, marked-up ones with what their markup stands for.

import { make } from "/static/dom.js";

const TOKEN = /<([^<>]+)>/g;
const SAFE = /^(https?:\/\/|mailto:|tel:)/i;
const FORMATS = [
  ["pre", /```\n?([\s\S]+?)```/],
  ["code", /`([^`\n]+)`/],
  ["strong", /(?<!\w)\*(?!\s)([^*\n]+?)(?<!\s)\*(?!\w)/],
  ["em", /(?<!\w)_(?!\s)([^_\n]+?)(?<!\s)_(?!\w)/],
  ["s", /(?<!\w)~(?!\s)([^~\n]+?)(?<!\s)~(?!\w)/],
  ["blockquote", /^&gt; ?(.+)$/m],
];

/** Turn Slack's three entities back into characters. */
export function unescape(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** A text with references and dates, as in a message's `text`, but without bold and the like. */
export function referring(text, names) {
  return split(text, TOKEN, (token) => reference(token, names), (words) => [unescape(words)]);
}

/** A text in Slack's mrkdwn. */
export function marked(text, names) {
  return split(text, TOKEN, (token) => reference(token, names), formatted);
}

/** A text object of a block. Plain text is never markup. */
export function textOf(object, names) {
  return object.type === "mrkdwn" ? marked(object.text, names) : [unescape(object.text)];
}

/** A mention of a person, a channel or everybody. */
export function mention(words) {
  return make("span", { class: "slack-mention" }, words);
}

export function link(url, label) {
  const words = unescape(label ?? url);
  if (!SAFE.test(url)) return words;
  return make("a", { href: unescape(url), target: "_blank", rel: "noopener noreferrer" }, words);
}

function split(text, pattern, matched, between) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(pattern)) {
    nodes.push(...between(text.slice(end, found.index)), matched(found[1]));
    end = found.index + found[0].length;
  }
  return [...nodes, ...between(text.slice(end))];
}

function formatted(text) {
  if (!text) return [];
  const found = FORMATS.map(([tag, pattern]) => [tag, pattern.exec(text)]).filter(([, match]) => match);
  if (found.length === 0) return [unescape(text)];
  const [tag, match] = found.reduce((first, each) => (each[1].index < first[1].index ? each : first));
  const inside = tag === "pre" || tag === "code" ? [unescape(match[1])] : formatted(match[1]);
  const rest = text.slice(match.index + match[0].length);
  return [...formatted(text.slice(0, match.index)), make(tag, {}, inside), ...formatted(rest)];
}

function reference(token, names) {
  const [target, label] = token.split("|", 2);
  if (target.startsWith("@")) return mention(`@${names.get(target.slice(1)) ?? label ?? target.slice(1)}`);
  if (target.startsWith("#")) return mention(`#${names.get(target.slice(1)) ?? label ?? target.slice(1)}`);
  if (target.startsWith("!date^")) return date(target, unescape(label ?? ""));
  if (target.startsWith("!")) return mention(unescape(label ?? `@${target.slice(1).split("^")[0]}`));
  return link(target, label);
}

// Dates: docs.slack.dev/messaging/formatting-message-text, "Date formatting" --------------------------------------

function date(token, fallback) {
  const [, seconds, format] = token.split("^");
  const when = new Date(Number(seconds) * 1000);
  if (Number.isNaN(when.getTime()) || !format) return fallback;
  const words = unescape(format).replace(/\{(\w+)\}/g, (whole, name) => FIELDS[name]?.(when) ?? whole);
  return make("time", { datetime: when.toISOString(), title: fallback }, words);
}

const day = (options) => (when) => when.toLocaleDateString([], options);
const long = { year: "numeric", month: "long", day: "numeric" };
const short = { year: "numeric", month: "short", day: "numeric" };

const FIELDS = {
  date_num: (when) => when.toLocaleDateString("sv"),
  date: day(long),
  date_short: day(short),
  date_long: day({ weekday: "long", ...long }),
  date_pretty: pretty(day(long)),
  date_short_pretty: pretty(day(short)),
  date_long_pretty: pretty(day({ weekday: "long", ...long })),
  time: (when) => when.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }),
  time_secs: (when) => when.toLocaleTimeString(),
};

function pretty(otherwise) {
  return (when) => {
    const middays = [when, new Date()].map((each) => new Date(each).setHours(12, 0, 0, 0));
    const days = Math.round((middays[0] - middays[1]) / 86_400_000);
    return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days] ?? otherwise(when);
  };
}
