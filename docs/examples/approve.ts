// Asks people through Ringback before a call is made, with nothing but fetch. Node 18 or newer, Deno, Bun, a browser.
//
//   const verdict = await ask("release-1.4.2", { tool: "deploy", arguments: { tag: "1.4.2" }, why: "the fix for #1234" });
//   if (verdict.settlement?.approved) await deploy("1.4.2");
//
// The key is your own name for what you ask: called again with the same one, after whatever broke, it is the same
// request, and nobody is asked twice.

export interface Settlement {
  outcome: string;
  approved: boolean;
  at: string;
  by: string | null;
  name: string;
  comment: string;
  answer: string;
  values: Record<string, unknown> | null;
}

export interface Asked {
  id: string;
  status: "received" | "open" | "settled" | "refused";
  digest: string;
  arguments: Record<string, unknown>; // as they stand: with the changes that people made, where you let them
  changes: Record<string, unknown>;
  settlement: Settlement | null;
  refused: string;
}

export interface Wanted {
  kind?: "approval" | "question" | "form";
  title?: string;
  body?: string;
  why?: string;
  tool?: string;
  arguments?: Record<string, unknown>;
  sensitive?: string[];
  editable?: Record<string, unknown>;
  answer_schema?: Record<string, unknown>;
  choices?: (string | { name: string; label: string })[];
  to?: string[];
  deadline?: string;
  state?: unknown;
}

export class Problem extends Error {
  constructor(readonly status: number, readonly type: string, detail: string) {
    super(detail);
  }
}

const BUSY = new Set([408, 429, 502, 503, 504]);
const MOST_TRIES = 30;

export class Ringback {
  constructor(private readonly url: string, private readonly token: string) {}

  /** Have people asked, and wait until that has ended. */
  async ask(key: string, wanted: Wanted): Promise<Asked> {
    let asked = await this.send<Asked>("POST", "/requests", { "Idempotency-Key": key }, wanted);
    while (asked.status !== "settled" && asked.status !== "refused") {
      asked = await this.send<Asked>("GET", `/requests/${asked.id}?wait=25`); // many proxies cut after 30
    }
    return asked;
  }

  private async send<T>(method: string, path: string, more: Record<string, string> = {}, body?: unknown): Promise<T> {
    for (let tries = 1; ; tries++) {
      const headers = { Authorization: `Bearer ${this.token}`, "Content-Type": "application/json", ...more };
      let wait = Math.min(10, 0.5 * 2 ** tries);
      try {
        const answer = await fetch(`${this.url}/v1${path}`, { method, headers, body: JSON.stringify(body) });
        if (answer.ok) return (await answer.json()) as T;
        if (!BUSY.has(answer.status) || tries >= MOST_TRIES) {
          const problem = (await answer.json()) as { type: string; detail: string };
          throw new Problem(answer.status, problem.type, problem.detail);
        }
        wait = Math.max(wait, Number(answer.headers.get("retry-after") ?? 0));
      } catch (error) {
        if (error instanceof Problem || tries >= MOST_TRIES) throw error; // else the connection broke: the same again
      }
      await new Promise((resolve) => setTimeout(resolve, wait * 1000));
    }
  }
}
