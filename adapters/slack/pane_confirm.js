// The dialog in which Slack asks once more, before what was pressed reaches the app.

import { make } from "/static/dom.js";
import { unescape } from "./pane_markup.js";

const STYLES = { primary: "primary", danger: "danger" };

/**
 * Ask, where the element wants that.
 *
 * Resolves to whether it goes on; an element without `confirm` always does.
 */
export function confirmed({ confirm }) {
  if (!confirm) return Promise.resolve(true);
  const dialog = document.getElementById("slack-confirm");
  return new Promise((resolve) => {
    const form = make(
      "form",
      { method: "dialog" },
      make("h3", { id: "slack-confirm-title" }, unescape(confirm.title.text)),
      make("p", { id: "slack-confirm-text", class: "slack-text" }, unescape(confirm.text.text)),
      make(
        "div",
        { class: "slack-foot" },
        make("button", { value: "no" }, unescape(confirm.deny.text)),
        make("button", { value: "yes", class: STYLES[confirm.style] ?? "primary" }, unescape(confirm.confirm.text)),
      ),
    );
    dialog.replaceChildren(form);
    dialog.returnValue = "no"; // also where it is left by Escape
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    dialog.showModal();
  });
}
