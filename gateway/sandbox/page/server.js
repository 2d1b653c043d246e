// Asking this page's own server.

/** Ask for JSON; a refusal is an error with the server's sentence. */
export async function get(path) {
  return answer(await fetch(path));
}

/** Send JSON, and give what is answered. */
export async function post(path, body = {}) {
  const headers = { "content-type": "application/json" };
  return answer(await fetch(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

/** Give a function that looks again; the looks that are asked for during one become one more. */
export function gathered(look) {
  let again = false;
  let looking = false;
  return async () => {
    again = true;
    if (looking) return;
    looking = true;
    try {
      while (again) {
        again = false;
        await look();
      }
    } catch {
      // The sandbox is gone; the page says so, and its stream brings the next look.
    } finally {
      looking = false;
    }
  };
}

async function answer(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.error ?? `The sandbox answered ${response.status}.`);
  return body;
}
