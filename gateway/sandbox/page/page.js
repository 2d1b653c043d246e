// The page: starts the channels' panes, and hands on what the server's one stream of events brings.

import { readCall, showCalls } from "./context.js";
import { showDeployments } from "./deployments.js";
import { tell } from "./dom.js";
import { showGateway, showWay } from "./gateway.js";
import { onCalls, showThreads } from "./log.js";
import { get } from "./server.js";

const LOST = "The sandbox does not answer. If you have stopped it, start it again: this page goes on by itself.";

const about = await get("/about");
const panes = new Map();
for (const [channel, setting] of Object.entries(about.panes)) {
  const { start } = await import(`/panes/${channel}/pane.js`);
  panes.set(channel, start(setting, about.people));
}

onCalls(showCalls, readCall);
showWay(about);

const lost = document.getElementById("lost");
const changes = new EventSource("/changes");
changes.addEventListener("open", () => tell(lost, ""));
changes.addEventListener("error", () => tell(lost, LOST));
changes.addEventListener("channel", (event) => panes.get(JSON.parse(event.data).name).refresh());
changes.addEventListener("state", (event) => {
  const state = JSON.parse(event.data);
  showGateway(state.gateway);
  showDeployments(state.deployments);
  showThreads(state.threads, state.gateway);
});
