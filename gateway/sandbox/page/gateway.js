// How the gateway stands, what became of it, and the buttons that kill and start it.

import { clock, make, show, tell } from "./dom.js";
import { post } from "./server.js";

const [standing, way, log, buttons, kill, start, error, history] = ["standing", "way", "log", "buttons", "kill", "start", "error", "history"].map(
  (name) => document.getElementById(`gateway-${name}`),
);

const SENTENCES = {
  running: ({ pid }) => `It runs, as process ${pid}.`,
  killed: () => "It was killed, as by a power cut. Messages written meanwhile wait for it in Slack.",
  ended: ({ code }) => (code < 0 ? `Somebody ended it with signal ${-code}.` : `It ended by itself, with exit code ${code}.`),
  stopped: () => "It is stopped.",
  none: () => "This sandbox runs without a gateway: its emulators are there for other clients.",
};

const TURNS = {
  running: ({ held }) => `started. ${held ? taken(held) : ""}`,
  killed: ({ held }) => `killed. ${held ? kept(held) : ""}`,
  ended: ({ code, held }) => `ended with code ${code}. ${held ? kept(held) : ""}`,
  stopped: () => "stopped.",
};

export function showWay({ over_http: posted }) {
  way.textContent = posted
    ? "Slack posts to it, signed (HTTP mode)."
    : "Slack answers over a socket that it opened (Socket Mode); with --mode http Slack posts to it.";
}

export function showGateway(gateway) {
  tell(standing, SENTENCES[gateway.phase](gateway));
  standing.dataset.phase = gateway.phase;
  tell(log, (gateway.log ?? []).join("\n"));
  const turns = (gateway.history ?? []).slice(1).toReversed(); // that it was started with the sandbox goes without saying
  show(history, turns, ({ at }) => at, drawTurn);
  buttons.hidden = gateway.phase === "none";
  kill.disabled = gateway.phase !== "running";
  start.disabled = gateway.phase === "running";
}

function drawTurn(turn) {
  return make("li", {}, make("time", {}, clock(turn.at, true)), `: ${TURNS[turn.phase](turn)}`);
}

function kept({ running, waiting, open }) {
  const had = [running && `${number(running, "run")} under way`, waiting && `${number(waiting, "run")} waiting`, open && `${number(open, "request")} open`];
  return `In its store: ${had.filter(Boolean).join(", ") || "nothing unfinished"}.`;
}

function taken({ running, waiting, open }) {
  if (running + waiting === 0) return "Nothing was unfinished.";
  const doing = running ? `${number(running, "run")} under way taken up again, at the line where the log ends` : "";
  const still = waiting ? `${number(waiting, "run")} still waiting, ${number(open, "request")} open as before` : "";
  return `${[doing, still].filter(Boolean).join("; ")}.`;
}

function number(count, what) {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

async function command(what) {
  tell(error, "");
  try {
    await post(`/gateway/${what}`);
    (what === "kill" ? start : kill).disabled = false;
    (what === "kill" ? start : kill).focus(); // the one that was pressed is going to be disabled
  } catch (problem) {
    tell(error, problem.message);
  }
}

kill.addEventListener("click", () => command("kill"));
start.addEventListener("click", () => command("start"));
