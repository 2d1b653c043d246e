// One mail: its subject, its headers, its text, and its links.

import { make } from "/static/dom.js";

/** Show a mail. `reply` begins an answer to it, `compose` a mail as a link wants it. */
export function drawMessage(article, { subject, from, headers, text, links, files }, { reply, compose }) {
  const named = headers.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value)));
  article.replaceChildren(
    make("h3", { id: "email-message-heading" }, subject || "(no subject)"),
    make("p", { class: "email-aside" }, `From ${from}`),
    make("details", {}, make("summary", {}, "Headers"), make("dl", {}, named)),
    make("div", { class: "email-body" }, text),
    ...(files.length ? [make("p", { class: "email-aside" }, `Files: ${files.join(", ")}`)] : []),
    ...(links.length ? [make("ul", { class: "email-links plain row", "aria-label": "Links" }, links.map((link) => make("li", {}, drawLink(link, compose))))] : []),
    make("div", { class: "row" }, make("button", { type: "button", onclick: reply }, "Reply")),
  );
}

function drawLink({ label, href }, compose) {
  if (/^https?:/i.test(href)) return make("a", { href, target: "_blank", rel: "noopener noreferrer" }, label);
  if (!/^mailto:/i.test(href)) return `${label} (${href})`;
  const open = (event) => {
    event.preventDefault(); // not this machine's own mail program
    compose(draft(href));
  };
  return make("a", { href, onclick: open }, label);
}

/** What a mailto: link says of the mail that it opens (RFC 6068), where a plus sign is a plus sign. */
function draft(href) {
  const [to, query = ""] = href.slice("mailto:".length).split("?");
  const fields = query.split("&").map((field) => field.split("=").map(decoded));
  const { subject = "", body = "", cc = "" } = Object.fromEntries(fields.filter(([name]) => name).map(([name, value = ""]) => [name.toLowerCase(), value]));
  return { to: decoded(to), cc, subject, text: body };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray percent sign
  }
}
