/* Asking the service: JSON out and in, with the page's CSRF token.
   One rule for the editor: nothing is ever kept to be sent later; what was not answered did not happen. */

const TOKEN = document.querySelector('meta[name="csrf"]')?.content ?? "";
const PATIENCE_MS = 8000;

/** The service did not answer. */
export class NotConnected extends Error {}

/** The service answered that it will not: `said` is its sentence, `errors` the fields that it did not take. */
export class Refused extends Error {
  constructor(code, said, errors = []) {
    super(said);
    this.code = code;
    this.errors = errors;
  }
}

async function ask(path, options, patienceMs = PATIENCE_MS) {
  let answer;
  try {
    answer = await fetch(path, { ...options, credentials: "same-origin", signal: AbortSignal.timeout(patienceMs) });
  } catch (problem) {
    throw new NotConnected(problem.message);
  }
  if (answer.status >= 502) throw new NotConnected(`${answer.status}`);
  let body = null;
  try {
    body = answer.status === 204 ? null : await answer.json();
  } catch (problem) {
    if (answer.ok) throw new NotConnected(problem.message);
  }
  if (!answer.ok) {
    throw new Refused(answer.status, body?.detail || body?.title || `The service answered ${answer.status}.`, body?.errors);
  }
  return body;
}

/** POST `body` as JSON; the answer's JSON. Throws NotConnected or Refused. A whole file takes more patience. */
export function post(path, body = {}, patienceMs = PATIENCE_MS) {
  return ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF": TOKEN },
    body: JSON.stringify(body),
  }, patienceMs);
}

/** POST a file as it is; the answer's JSON. Throws NotConnected or Refused. */
export function postFile(path, file, patienceMs = 60_000) {
  const headers = { "Content-Type": file.type || "text/csv", Accept: "application/json", "X-CSRF": TOKEN };
  return ask(path, { method: "POST", headers, body: file }, patienceMs);
}

/** GET JSON. Throws NotConnected or Refused. What is worked out over the whole force takes more patience. */
export function get(path, patienceMs = PATIENCE_MS) {
  return ask(path, { headers: { Accept: "application/json" } }, patienceMs);
}
