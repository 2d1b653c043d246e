// The file that the example agent's tools change.

import { make } from "./dom.js";

const place = document.getElementById("deployments");
const ENVIRONMENTS = ["staging", "production"];

export function showDeployments({ running, changes, trouble }) {
  const rows = ENVIRONMENTS.map((name) =>
    make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, make("strong", {}, running[name] ?? "nothing yet"))),
  );
  const count = changes.length === 1 ? "1 change" : `${changes.length} changes`;
  const last = changes.at(-1);
  const how = last && `${count}; the last: ${last.what} ${last.tag}, ${last.environment}, attempt ${last.attempt}`;
  place.replaceChildren(make("table", {}, rows), make("p", { class: "hint" }, trouble ?? how ?? "0 changes"));
}
