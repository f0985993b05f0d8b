/* The live stream of a page, and whether the service is there at all.
   One rule for the editor: silence is not health; when nothing is heard for a while, we ask. */

const ASK_AFTER_MS = 5000;
const PATIENCE_MS = 3000;
const TRY_AGAIN_MS = [500, 1000, 2000, 4000];

/** Listen to `topics` ("place:3"). `heard(data)` for each message; `changed(isConnected)` at once when it changes. */
export function listen({ topics, heard, changed }) {
  const line = { source: null, isConnected: true, lastHeard: Date.now(), tries: 0, timer: 0 };
  const tell = (isConnected) => {
    if (isConnected === line.isConnected) return;
    line.isConnected = isConnected;
    changed(isConnected);
  };
  const open = () => {
    clearTimeout(line.timer);
    line.source?.close();
    line.source = new EventSource(`/live?topics=${encodeURIComponent(topics.join(","))}`);
    line.source.addEventListener("open", () => {
      line.tries = 0;
      line.lastHeard = Date.now();
      tell(true);
    });
    line.source.addEventListener("message", (event) => {
      line.lastHeard = Date.now();
      tell(true);
      heard(JSON.parse(event.data));
    });
    line.source.addEventListener("error", () => {
      const isOver = line.source.readyState === EventSource.CLOSED;
      lost(isOver);
      if (isOver) leaveIfSignedOut();
    });
  };
  const lost = (isOver) => {
    tell(false);
    if (!isOver) return; // the browser is already trying again
    clearTimeout(line.timer);
    line.timer = setTimeout(open, TRY_AGAIN_MS[Math.min(line.tries, TRY_AGAIN_MS.length - 1)]);
    line.tries += 1;
  };
  addEventListener("offline", () => lost(false));
  addEventListener("online", open);
  setInterval(() => watch(line, lost, open), 1000);
  open();
  return { lost: () => lost(false) };
}

/** The stream was refused: where that is because nobody is signed in any more, the page leads to the sign-in. */
async function leaveIfSignedOut() {
  const answer = await fetch("/api/v1/me", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => null);
  if (answer?.status === 401) location.reload();
}

async function watch(line, lost, open) {
  if (line.isAsking || Date.now() - line.lastHeard < ASK_AFTER_MS) return;
  line.isAsking = true;
  try {
    const answer = await fetch("/health", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!answer.ok) throw new Error(`${answer.status}`);
    line.lastHeard = Date.now();
    if (!line.isConnected) open();
  } catch {
    lost(false);
  } finally {
    line.isAsking = false;
  }
}
