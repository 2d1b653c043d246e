// The log of a thread: of the newest, unless another one is chosen.

import { clock, following, make, show } from "./dom.js";
import { get } from "./server.js";

const choice = document.getElementById("log-thread");
const list = document.getElementById("log-events");
const empty = document.getElementById("log-empty");
const NEWEST = "";

let threads = [];
let told = () => {};

/** `tell` gets the model calls of the thread on show. */
export function onCalls(tell) {
  told = tell;
}

export async function showThreads(known) {
  threads = known;
  const newest = threads.length ? { ...threads[0], id: NEWEST, name: `Newest: ${threads[0].name}` } : { id: NEWEST, name: "None yet" };
  const options = [newest, ...threads];
  show(choice, options, (thread) => thread.id, drawOption);
  await showLog();
}

function drawOption({ id, name, standing }, option = make("option", { value: id })) {
  option.textContent = standing ? `${name}: ${standing}` : name;
  return option;
}

async function showLog() {
  const thread = choice.value === NEWEST ? threads[0]?.id : choice.value;
  const log = thread ? await get(`/threads/${thread}`).catch(() => null) : null;
  if (thread && !log) return; // the store is not there just now; the next look will find it
  empty.hidden = Boolean(log?.events.length);
  list.hidden = !empty.hidden;
  following(list, () => show(list, log?.events ?? [], (event) => `${thread}/${event.seq}`, drawEvent));
  told(log?.calls ?? []);
}

function drawEvent(event) {
  const body = make("pre", {});
  const details = make(
    "details",
    { ontoggle: () => (body.textContent = JSON.stringify(event.body, null, 2)) },
    make(
      "summary",
      {},
      make("time", {}, clock(event.at, true)),
      make("code", {}, event.type),
      event.summary ? ` ${event.summary}` : null,
    ),
    body,
  );
  return make("li", {}, details);
}

choice.addEventListener("change", showLog);
