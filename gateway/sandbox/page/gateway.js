// How the gateway stands, and the buttons that kill and start it.

import { tell } from "./dom.js";
import { post } from "./server.js";

const [standing, log, buttons, kill, start, error] = ["standing", "log", "buttons", "kill", "start", "error"].map(
  (name) => document.getElementById(`gateway-${name}`),
);

const SENTENCES = {
  running: ({ pid }) => `It runs, as process ${pid}.`,
  killed: () => "It was killed, as by a power cut. Messages written meanwhile wait for it.",
  ended: ({ code }) => (code < 0 ? `Somebody ended it with signal ${-code}.` : `It ended by itself, with exit code ${code}.`),
  stopped: () => "It is stopped.",
  none: () => "This sandbox runs without a gateway: its emulators are there for other clients.",
};

export function showGateway(gateway) {
  tell(standing, SENTENCES[gateway.phase](gateway));
  tell(log, (gateway.log ?? []).join("\n"));
  buttons.hidden = gateway.phase === "none";
  kill.disabled = gateway.phase !== "running";
  start.disabled = gateway.phase === "running";
}

async function command(what) {
  tell(error, "");
  try {
    showGateway(await post(`/gateway/${what}`));
    (what === "kill" ? start : kill).focus(); // the one that was pressed is disabled now
  } catch (problem) {
    tell(error, problem.message);
  }
}

kill.addEventListener("click", () => command("kill"));
start.addEventListener("click", () => command("start"));
