// What happened in a thread, told run by run: of the newest thread, unless another one is chosen.

import { clock, following, make, show, tell } from "./dom.js";
import { get } from "./server.js";

const [choice, list, empty, waits] = ["thread", "events", "empty", "waits"].map((name) => document.getElementById(`log-${name}`));
const NEWEST = "";
const CUTS = { killed: "The gateway was killed.", ended: "The gateway ended by itself.", running: "The gateway was started, and read this log." };

let threads = [];
let history = [];
let told = () => {};
let read = () => {};

/** `tellCalls` gets the model calls of the thread on show, `open` the one that somebody wants to read. */
export function onCalls(tellCalls, open) {
  told = tellCalls;
  read = open;
}

export async function showThreads(known, gateway) {
  threads = known;
  history = gateway.history ?? [];
  const newest = threads.length ? { ...threads[0], id: NEWEST, name: `Newest: ${threads[0].name}` } : { id: NEWEST, name: "None yet" };
  show(choice, [newest, ...threads], (thread) => thread.id, drawOption);
  await showLog();
}

function drawOption({ id, name, standing }, option = make("option", { value: id })) {
  option.textContent = standing ? `${name}: ${standing}` : name;
  return option;
}

async function showLog() {
  const chosen = choice.value;
  const thread = chosen === NEWEST ? threads[0]?.id : chosen;
  const log = thread ? await get(`/threads/${thread}`).catch(() => null) : null;
  if (chosen !== choice.value || (thread && !log)) return; // the store is not there just now; the next look will find it
  const runs = byRun(log?.events ?? [], log?.calls ?? []);
  empty.hidden = runs.length > 0;
  list.hidden = !empty.hidden;
  following(list, () => show(list, runs, (run) => `${thread}/${run.id}`, drawRun));
  tell(waits, log?.waits ? paused(log.waits) : "");
  told(log?.calls ?? []);
}

function paused({ for: whom, rows, bytes }) {
  const size = `${rows} rows of a SQLite file, ${(bytes / 1000).toFixed(1)} kB`;
  return `Paused, waiting for ${whom}. That costs nothing: the thread is ${size}. No task, connection or poll waits for it, and it may take a week.`;
}

function byRun(events, calls) {
  const asked = new Map(calls.map((call) => [call.seq, call]));
  const found = new Map(); // what is said of a run after its end, such as that a grant is revoked, stands with it
  for (const event of events) {
    if (!found.has(event.run)) found.set(event.run, { id: event.run, lines: [] });
    found.get(event.run).lines.push({ ...event, call: asked.get(event.seq) ?? null });
  }
  const runs = [...found.values()];
  return runs.map((run, number) => withCuts(run, number + 1, runs[number + 1]?.lines[0].at ?? Infinity));
}

/** Put in where the gateway was killed and started, from the run's first event until the next run's. */
function withCuts({ id, lines }, number, next) {
  const until = lines.find(({ type }) => type === "RunEnded")?.at ?? next;
  const cuts = history.filter(({ at, phase }) => phase in CUTS && at > lines[0].at && at < until);
  const all = [...lines, ...cuts.map(({ at, phase }) => ({ seq: `${phase}-${at}`, at, cut: CUTS[phase] }))];
  return { id, number, last: next === Infinity, lines: all.sort((one, other) => one.at - other.at) };
}

function drawRun({ number, last, lines }, node = make("details", {}, make("summary"), make("ol"))) {
  const [summary, events] = node.children;
  const first = lines.find(({ type }) => type === "MessageReceived");
  summary.textContent = first ? `Run ${number}: ${first.body.text.slice(0, 80)}` : `Run ${number}`;
  if (node.wasLast !== last) node.open = last; // older runs fold up once, when a new one comes
  node.wasLast = last;
  show(events, lines, ({ seq }) => seq, (line) => (line.cut ? drawCut(line) : drawEvent(line)));
  return node;
}

function drawCut({ at, cut }) {
  return make("li", { class: "cut" }, cut, make("div", { class: "aside" }, make("time", {}, clock(at, true))));
}

function drawEvent({ seq, at, type, actor, told: words, body, call }) {
  const raw = make("pre", {});
  const details = make(
    "details",
    { ontoggle: () => (raw.textContent = JSON.stringify(body, null, 2)) },
    make("summary", { title: "Event and sequence number; press for its content" }, make("code", {}, type), ` ${seq}`),
    raw,
  );
  return make(
    "li",
    { class: type === "MessageReceived" || body.party ? "person" : null },
    make("strong", {}, actor),
    ` ${words}`,
    make("div", { class: "aside" }, make("time", {}, clock(at, true)), details, call && reading(call)),
  );
}

function reading(call) {
  const size = call.tokens === null ? "" : `: ${call.tokens} tokens`;
  return make("button", { type: "button", class: "quiet", onclick: (event) => read(call, event.currentTarget) }, `What it read${size}`);
}

choice.addEventListener("change", showLog);
