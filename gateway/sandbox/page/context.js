// What the model was given to read, to the letter: of its newest call, unless another one is chosen.

import { clock, make, show, tell } from "./dom.js";
import { get } from "./server.js";

const choice = document.getElementById("context-call");
const [heading, text, size, answered, answer, back] = ["heading", "text", "size", "answered", "answer", "back"].map((name) =>
  document.getElementById(`context-${name}`),
);
const NEWEST = "";
const known = new Map(); // a digest's text never changes

let calls = [];
let from = null;

export function showCalls(made) {
  calls = made.map((call, number) => ({ ...call, number: number + 1 }));
  const options = [{ seq: NEWEST }, ...calls.toReversed()];
  show(choice, options, (call) => `${call.seq}/${call.context}`, drawOption);
  return showContext();
}

/** Show one call, and go there; `opener` is where the way back leads. */
export async function readCall({ seq }, opener) {
  choice.value = String(seq);
  from = opener;
  back.hidden = false;
  await showContext();
  heading.scrollIntoView();
  heading.focus({ preventScroll: true });
}

function drawOption(call) {
  if (call.seq === NEWEST) return make("option", { value: NEWEST }, "The newest");
  return make("option", { value: call.seq }, `Call ${call.number}, ${clock(call.at, true)}`);
}

async function showContext() {
  const chosen = choice.value;
  const call = chosen === NEWEST ? calls.at(-1) : calls.find((each) => String(each.seq) === chosen);
  const found = call ? await read(call.context) : null;
  if (chosen !== choice.value) return;
  text.hidden = !found;
  if (found && text.textContent !== found.text) text.textContent = found.text;
  tell(size, found ? `Call ${call.number} of ${calls.length}: about ${found.tokens} tokens.` : absence(call));
  answered.hidden = !call;
  tell(answer, call ? laidOut(call.answer) : "");
}

function absence(call) {
  return call ? "This text is not kept any longer." : "The model has not been asked yet.";
}

function laidOut(words) {
  try {
    return JSON.stringify(JSON.parse(words), null, 2);
  } catch {
    return words;
  }
}

async function read(digest) {
  if (!known.has(digest)) {
    const found = await get(`/contexts/${digest}`).catch(() => null);
    if (found) known.set(digest, found);
  }
  return known.get(digest) ?? null;
}

choice.addEventListener("change", showContext);
back.addEventListener("click", () => {
  back.hidden = true;
  from.scrollIntoView({ block: "center" });
  from.focus({ preventScroll: true });
});
showCalls([]);
